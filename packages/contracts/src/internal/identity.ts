import { z } from 'zod';
import { API_KEY_STAGES } from '../api-key-form.ts';
import { revocationSubject } from '../revocation.ts';
import { SERVICES } from '../services.ts';
import { scopeSchema } from './tenancy.ts';

/** What the gateway has verified of a token. Organizations and roles are never taken from it. */
export const verifiedTokenSchema = z.object({
  issuer: z.string(),
  subject: z.string(),
  email: z.string().optional(),
  emailVerified: z.boolean(),
  clientId: z.string(),
  /** Reference 002's tenant context: narrows the scope, never widens it. */
  tenantId: z.string().optional(),
  /** The sign-in that it came from, where there was one. */
  sessionId: z.string().optional(),
  /** Seconds since the epoch. */
  issuedAt: z.number(),
  expiresAt: z.number(),
  /** Of a tenant's own realm: its bearer is an end user, and may be shown what the token says of it. */
  endUser: z.object({ realmId: z.string(), claims: z.record(z.string(), z.unknown()) }).optional(),
});
export type VerifiedToken = z.infer<typeof verifiedTokenSchema>;

/** What the gateway has read of an API key. Its secret stays there: identity keeps a keyed hash of the same digest. */
export const shownKeySchema = z.strictObject({
  id: z.string(),
  owner: z.enum(['member', 'serviceAccount']),
  stage: z.enum(API_KEY_STAGES),
  /** SHA-256 of the secret, in base64url. */
  digest: z.string(),
});
export type ShownKey = z.infer<typeof shownKeySchema>;

export const exchangeInput = z.strictObject({
  /** One of both; neither for a caller of a route that needs no credential. */
  token: verifiedTokenSchema.optional(),
  key: shownKeySchema.optional(),
  /** Keys may be limited to networks; they and service accounts tell where they were used last. */
  clientAddress: z.string().optional(),
  scope: scopeSchema,
  /** `required`: the route works inside an organization. `optional`: it works without one too. */
  organization: z.enum(['required', 'optional']),
  service: z.enum(SERVICES),
});

export const rateLimitSchema = z.object({
  /** The name in the RateLimit headers. */
  policy: z.string(),
  /** What is counted together. */
  key: z.string(),
  quota: z.number().int().min(1),
  windowSeconds: z.number().int().min(1),
});
export type RateLimit = z.infer<typeof rateLimitSchema>;

export const exchangeOutput = z.object({
  /** Who it is, for the log: the caller's id. */
  principal: z.string().optional(),
  passport: z.string(),
  /** Seconds since the epoch. */
  expiresAt: z.number(),
  limits: z.array(rateLimitSchema),
  /** What it stands on: once one of these is revoked, the passport is to be asked for anew. */
  subjects: z.array(revocationSubject),
  /** It knows of every revocation up to this one. */
  sequence: z.number().int(),
});

export const findRealmInput = z.strictObject({ issuer: z.string() });
/** The realm whose tokens bear exactly this issuer, if there is one. */
export const findRealmOutput = z.object({ realmId: z.string().nullable() });

/** What one change revokes. Pushed again under the same id it is the same revocation. */
export const revocationSchema = z.object({
  id: z.string().min(1).max(64),
  subjects: z.array(revocationSubject).min(1).max(100),
  revokedAt: z.iso.datetime(),
});
export type Revocation = z.infer<typeof revocationSchema>;

export const pushRevocationsInput = z.strictObject({
  revocations: z.array(revocationSchema).min(1).max(100),
});
export const pushRevocationsOutput = z.object({ sequence: z.number().int() });

/** Without `after`: the revocations that a passport still alive may not know of. */
export const revocationsSinceInput = z.strictObject({ after: z.number().int().optional() });
export const revocationsSinceOutput = z.object({
  /** Everything up to this one is told; below `after`, identity began to count anew. */
  sequence: z.number().int(),
  revocations: z.array(z.object({ subject: revocationSubject, sequence: z.number().int() })),
  /** There is more to ask for at once. */
  hasMore: z.boolean(),
});
export type RevocationsSince = z.output<typeof revocationsSinceOutput>;

/** What identity answers to other services. */
export interface IdentityInternal {
  'passport.exchange': (input: z.input<typeof exchangeInput>) => Promise<z.output<typeof exchangeOutput>>;
  'realm.find': (input: z.input<typeof findRealmInput>) => Promise<z.output<typeof findRealmOutput>>;
  'revocation.push': (
    input: z.input<typeof pushRevocationsInput>,
  ) => Promise<z.output<typeof pushRevocationsOutput>>;
  'revocation.since': (input: z.input<typeof revocationsSinceInput>) => Promise<RevocationsSince>;
}
