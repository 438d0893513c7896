import {
  etag,
  idSchema,
  ifMatch,
  KEY_ROLES,
  PERMISSIONS,
  pageOf,
  pageQuery,
  secretState,
  timestamps,
} from '@plinth/contracts';
import { z } from 'zod';
import { EXPIRY_PRESETS } from './expiry.ts';
import { isNetwork } from './networks.ts';

const STATUSES = ['active', 'rotating', 'scheduled', 'expired', 'leaked', 'deleted'] as const;
const LONGEST_OVERLAP_SECONDS = 7 * 24 * 3_600;
const DAY_SECONDS = 24 * 3_600;

const id = idSchema('apiKey').meta({ description: 'The key.', example: 'key_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' });
const instant = z.iso.datetime({ offset: true });
export const several = <Item extends z.ZodType>(item: Item, most: number) =>
  z
    .array(item)
    .min(1)
    .max(most)
    .refine((items) => new Set(items).size === items.length, 'must name each only once');

export const name = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .meta({ description: 'What it is for, for people.', example: 'Terraform integration' });
const role = z.enum(KEY_ROLES).meta({
  description: 'What it may do: a bundle of permissions. It can never do more than its owner can.',
  example: 'general:read',
});

/** Null: no limit. */
export const limits = {
  permissions: several(z.enum(PERMISSIONS), PERMISSIONS.length)
    .nullable()
    .meta({
      description: 'Only these permissions of its role; null for all of them.',
      example: ['tenants:read'],
    }),
  tenantIds: several(idSchema('tenant'), 100).nullable().meta({
    description: 'Only these tenants and their workspaces; null for no such limit.',
    example: null,
  }),
  workspaceIds: several(idSchema('workspace'), 100).nullable().meta({
    description: 'Only these workspaces, beside those of its tenants; null for no such limit.',
    example: null,
  }),
  allowedCidrs: several(
    z.string().max(64).refine(isNetwork, 'must be a network such as 192.0.2.0/24 or 2001:db8::/32'),
    50,
  )
    .nullable()
    .meta({
      description: 'Only from these networks, IPv4 or IPv6; null for any.',
      example: null,
    }),
  notBefore: instant.nullable().meta({ description: 'Not before then; null for at once.', example: null }),
};

const optionalLimits = {
  permissions: limits.permissions.optional(),
  tenantIds: limits.tenantIds.optional(),
  workspaceIds: limits.workspaceIds.optional(),
  allowedCidrs: limits.allowedCidrs.optional(),
  notBefore: limits.notBefore.optional(),
};

const expiry = {
  expiresIn: z.enum(EXPIRY_PRESETS).optional().meta({
    description: 'When it ends, counted from now. `never` has to be said, and is warned about.',
    example: '30d',
  }),
  expiresAt: instant
    .optional()
    .meta({ description: 'When it ends, as an instant within five years, in place of `expiresIn`.' }),
};

const warning = z
  .object({
    code: z.enum(['NEVER_EXPIRES']).meta({ description: 'What is risky.', example: 'NEVER_EXPIRES' }),
    message: z.string().meta({ description: 'What to do about it.', example: 'Give the key an end.' }),
  })
  .meta({ id: 'ApiKeyWarning', description: 'Something about a key that is allowed and risky.' });

const fields = {
  id,
  name,
  role,
  permissions: z
    .array(z.enum(PERMISSIONS))
    .meta({ description: 'What it may do, as far as its owner may.', example: ['tenants:read'] }),
  tenantIds: limits.tenantIds,
  workspaceIds: limits.workspaceIds,
  allowedCidrs: limits.allowedCidrs,
  notBefore: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'It does not work before then.', example: null }),
  expiresAt: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When it ends; null for never.', example: '2027-01-15T10:00:00.000000Z' }),
  ownerId: z.string().meta({
    description: 'Whose key it is: it opens nothing that this member, or service account, may not.',
    example: 'usr_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
  }),
  createdBy: z
    .string()
    .nullable()
    .meta({ description: 'The address of who made it.', example: 'ada@example.com' }),
  ...timestamps,
  lastUsedAt: z.iso.datetime().nullable().meta({
    description: 'The minute of its last use; told a minute or two late.',
    example: null,
  }),
  lastUsedFrom: z
    .string()
    .nullable()
    .meta({ description: 'The address that it was used from then.', example: null }),
  rotatingUntil: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'Until when the secret from before a rotation works too.', example: null }),
  status: z.enum(STATUSES).meta({
    description: 'Whether it works: `active` and `rotating` do, a `scheduled` one will.',
    example: 'active',
  }),
  display: z
    .string()
    .meta({ description: 'How its newest secret begins.', example: 'bpk_live_4fQ2xS7bWk9Z_…' }),
  warnings: z.array(warning).meta({ description: 'What is risky about it.', example: [] }),
  etag,
};

export const apiKey = z.object(fields).meta({ id: 'ApiKey', description: 'A key for a program.' });

export const apiKeyPage = pageOf(apiKey).meta({ id: 'ApiKeyPage', description: 'A page of API keys.' });

export const newApiKey = z
  .object({
    ...fields,
    key: z.string().nullable().meta({
      description: 'The key itself. It is shown this once, and cannot be had again.',
      example: 'bpk_live_4fQ2xS7bWk9Z_…',
    }),
    secretState,
  })
  .meta({ id: 'NewApiKey', description: 'A key, with its new secret.' });

export const createApiKey = z.strictObject({
  name,
  role,
  serviceAccountId: idSchema('serviceAccount').optional().meta({
    description: 'Whose key it shall be; without it, the caller’s own.',
  }),
  ...expiry,
  ...optionalLimits,
});

export const listApiKeys = z.strictObject({
  status: z
    .enum(['active', 'rotating', 'scheduled', 'expired', 'leaked'])
    .optional()
    .meta({ description: 'Only those of this status.' }),
  createdBy: z.string().max(254).optional().meta({ description: 'Only those made by this address.' }),
  ownerId: z.string().max(64).optional().meta({
    description: 'Only those of this member or service account.',
  }),
  ...pageQuery,
});

export const apiKeyById = z.strictObject({ keyId: id });

export const changeApiKey = z.strictObject({ keyId: id, ifMatch });

export const updateApiKey = z.strictObject({
  keyId: id,
  ifMatch,
  name: name.optional(),
  ...expiry,
  ...optionalLimits,
});

export const rotateApiKey = z.strictObject({
  keyId: id,
  ifMatch,
  overlapSeconds: z.number().int().min(0).max(LONGEST_OVERLAP_SECONDS).default(DAY_SECONDS).meta({
    description: 'For how long the secret of before works too, up to seven days. With 0 it ends at once.',
    example: DAY_SECONDS,
  }),
});

export const leakReport = z.strictObject({
  keys: z
    .array(z.string().max(1_000))
    .min(1)
    .max(1_000)
    .meta({
      description: 'What was found: keys, or lines that hold some. All else in them is passed over.',
      example: ['bpk_live_4fQ2xS7bWk9Z_…'],
    }),
});

export const leakReceipt = z
  .object({
    received: z.number().int().meta({
      description: 'How many were sent: whether any was real is told to its organization.',
      example: 1,
    }),
  })
  .meta({ id: 'LeakReceipt', description: 'That a report was heard.' });

export type ApiKey = z.output<typeof apiKey>;
export type NewApiKey = z.output<typeof newApiKey>;
export type CreateApiKey = z.output<typeof createApiKey>;
export type ListApiKeys = z.output<typeof listApiKeys>;
export type ChangeApiKey = z.output<typeof changeApiKey>;
export type UpdateApiKey = z.output<typeof updateApiKey>;
export type LeakReport = z.output<typeof leakReport>;
export type RotateApiKey = z.output<typeof rotateApiKey>;
