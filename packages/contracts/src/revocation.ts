import { z } from 'zod';

// What a revocation is about. A passport stands on several subjects; when one of them is revoked, whoever keeps the
// passport asks identity anew, and identity says what is left of it.

const KINDS = [
  /** Everybody who has signed in as this principal: tokens issued until then are refused. */
  'principal',
  /** One sign-in, by the `sid` of its tokens: they are refused for good. */
  'session',
  /** The organizations that a principal belongs to, and as what. Its tokens go on. */
  'membership',
  'tenant',
  'organization',
  'key',
] as const;

/** As `tenant:tnt_…`: travels as text through headers, messages and Redis. */
export const revocationSubject = z.templateLiteral([
  z.enum(KINDS),
  ':',
  z.string().regex(/^[\x21-\x7e]{1,255}$/),
]);
export type RevocationSubject = z.infer<typeof revocationSubject>;

/** The value of the header by which a service tells the gateway what its answer revokes. */
export const toRevokedHeader = (subjects: readonly RevocationSubject[]): string => subjects.join(' ');

export const fromRevokedHeader = (value: string): RevocationSubject[] =>
  value.split(/[ ,]+/).flatMap((subject) => revocationSubject.safeParse(subject).data ?? []);

/** Where identity tells every gateway on the same Redis what was revoked: a stream of `subject` and `sequence`, */
export const REVOCATION_STREAM = 'plinth:revocations';
/** and the id of its newest entry, which costs less to look at. */
export const NEWEST_REVOCATION = 'plinth:revocations:newest';
