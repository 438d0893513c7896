import { isIdOf, type VerifiedToken } from '@plinth/contracts';
import { z } from 'zod';
import { tokenExpired, tokenInvalid } from './token-errors.ts';

const SKEW_SECONDS = 30;
const MAX_LIFETIME_SECONDS = 3_600;
const MAX_ISSUER_LENGTH = 500;
const MAX_CLAIMS_LENGTH = 4_096;

const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string().min(1),
  aud: z.union([z.string(), z.array(z.string())]),
  azp: z.string(),
  // Both providers name the client here when it signs in as itself.
  client_id: z.string().optional(),
  // Keycloak's ID, refresh and logout tokens bear the same signature and name themselves here.
  typ: z.literal('Bearer'),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
  tenant_id: z.string().optional(),
  // Goes into a subject, which is one word.
  sid: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional(),
});

export interface ExpectedClaims {
  issuerUrl: string;
  audience: string;
  /** Beside those of service accounts; any client of the issuer, where none is named. */
  clients: readonly string[] | undefined;
}

type Claims = z.output<typeof claimsSchema>;

/** A service account's client is called as it is, and has no users: whoever else it speaks for is nobody. */
const isOfServiceAccount = ({ azp, client_id, email, sid }: Claims): boolean =>
  isIdOf('serviceAccount', azp) && client_id === azp && email === undefined && sid === undefined;

const isKnownClient = (claims: Claims, clients: readonly string[]): boolean =>
  clients.includes(claims.azp) || isOfServiceAccount(claims);

/** Everything a claim set must say, the signature aside. */
export function checkClaims(raw: unknown, expected: ExpectedClaims, nowSeconds: number): VerifiedToken {
  const parsed = claimsSchema.safeParse(raw);
  if (!parsed.success) throw tokenInvalid('the claims are malformed', parsed.error);
  const claims = parsed.data;

  if (claims.iss !== expected.issuerUrl) throw tokenInvalid('another issuer');
  if (![claims.aud].flat().includes(expected.audience)) throw tokenInvalid('another audience');
  if (claims.client_id !== undefined && claims.client_id !== claims.azp) throw tokenInvalid('two clients');
  if (expected.clients && !isKnownClient(claims, expected.clients)) throw tokenInvalid('an unknown client');
  if (claims.iat > nowSeconds + SKEW_SECONDS) throw tokenInvalid('issued in the future');
  if ((claims.nbf ?? 0) > nowSeconds + SKEW_SECONDS) throw tokenInvalid('not valid yet');
  if (claims.exp - claims.iat > MAX_LIFETIME_SECONDS) throw tokenInvalid('lives too long');
  if (claims.exp + SKEW_SECONDS < nowSeconds) throw tokenExpired();

  return {
    issuer: claims.iss,
    subject: claims.sub,
    ...(claims.email !== undefined && { email: claims.email }),
    emailVerified: claims.email_verified ?? false,
    clientId: claims.azp,
    ...(claims.tenant_id !== undefined && { tenantId: claims.tenant_id }),
    ...(claims.sid !== undefined && { sessionId: claims.sid }),
    issuedAt: claims.iat,
    expiresAt: claims.exp,
  };
}

/** Who a token says that it is from, before anything in it is believed. */
export function issuerOf(raw: unknown): string {
  const parsed = z.object({ iss: z.string().max(MAX_ISSUER_LENGTH) }).safeParse(raw);
  if (!parsed.success) throw tokenInvalid('it names no issuer', parsed.error);
  return parsed.data.iss;
}

/** Of the token, not of its bearer. */
const OF_THE_TOKEN = new Set([
  'exp',
  'iat',
  'nbf',
  'jti',
  'typ',
  'aud',
  'acr',
  'allowed-origins',
  'session_state',
  'tenant_id',
]);

/** What policies may ask about an end user. It travels with every request, so it has a size. */
export function endUserClaims(raw: unknown): Record<string, unknown> {
  const all = z.record(z.string(), z.unknown()).parse(raw);
  const claims = Object.fromEntries(Object.entries(all).filter(([name]) => !OF_THE_TOKEN.has(name)));
  if (JSON.stringify(claims).length > MAX_CLAIMS_LENGTH) throw tokenInvalid('the claims are too large');
  return claims;
}
