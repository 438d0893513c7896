import { z } from 'zod';
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
  /** Seconds since the epoch. */
  expiresAt: z.number(),
});
export type VerifiedToken = z.infer<typeof verifiedTokenSchema>;

export const exchangeInput = z.strictObject({
  /** Absent for a caller of a route that needs no credential. */
  token: verifiedTokenSchema.optional(),
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
  passport: z.string(),
  /** Seconds since the epoch. */
  expiresAt: z.number(),
  limits: z.array(rateLimitSchema),
});

/** What identity answers to other services. */
export interface IdentityInternal {
  'passport.exchange': (input: z.input<typeof exchangeInput>) => Promise<z.output<typeof exchangeOutput>>;
}
