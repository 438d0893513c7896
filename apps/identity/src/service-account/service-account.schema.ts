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
import { limits, name } from '../api-key/api-key.schema.ts';

const STATUSES = ['active', 'disabled'] as const;

const id = idSchema('serviceAccount').meta({
  description: 'The service account.',
  example: 'sva_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
});
const role = z.enum(KEY_ROLES).meta({
  description: 'What it may do: a bundle of permissions, as keys have it.',
  example: 'general:write',
});
const description = z
  .string()
  .trim()
  .max(500)
  .nullable()
  .meta({ description: 'What it does, for people.', example: 'Loads the orders of the night.' });
const status = z.enum(STATUSES).meta({
  description: 'A disabled one can do nothing, and none of its keys opens anything.',
  example: 'active',
});
const { permissions, tenantIds, workspaceIds } = limits;

const optionalLimits = {
  permissions: permissions.optional(),
  tenantIds: tenantIds.optional(),
  workspaceIds: workspaceIds.optional(),
};

export const serviceAccount = z
  .object({
    id,
    name,
    description,
    role,
    permissions: z
      .array(z.enum(PERMISSIONS))
      .meta({ description: 'What it may do.', example: ['workspaces:read'] }),
    tenantIds,
    workspaceIds,
    status,
    createdBy: z.string().nullable().meta({
      description: 'The address of who made it. It stays when they go.',
      example: 'ada@example.com',
    }),
    ...timestamps,
    lastUsedAt: z.iso.datetime().nullable().meta({
      description: 'The minute of its last use, by whichever credential; told a minute or two late.',
      example: null,
    }),
    lastUsedFrom: z
      .string()
      .nullable()
      .meta({ description: 'The address that it was used from then.', example: null }),
    clientId: z.string().nullable().meta({
      description: 'The OAuth client by which it can sign in, called as itself; null where it has none.',
      example: null,
    }),
    clientSecretAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When the secret of that client was made.', example: null }),
    etag,
  })
  .meta({ id: 'ServiceAccount', description: 'A program that belongs to an organization.' });

export const serviceAccountWithSecret = serviceAccount
  .extend({
    clientSecret: z.string().nullable().meta({
      description: 'Of its OAuth client. It is shown this once, and cannot be had again.',
      example: null,
    }),
    secretState,
  })
  .meta({
    id: 'ServiceAccountWithSecret',
    description: 'A service account and the new secret of its OAuth client, which is shown once.',
  });

export const serviceAccountPage = pageOf(serviceAccount).meta({
  id: 'ServiceAccountPage',
  description: 'A page of service accounts.',
});

export const createServiceAccount = z.strictObject({
  name,
  description: description.optional(),
  role,
  ...optionalLimits,
});

export const listServiceAccounts = z.strictObject({
  status: status.optional().meta({ description: 'Only those of this status.' }),
  ...pageQuery,
});

export const serviceAccountById = z.strictObject({ serviceAccountId: id });

export const changeServiceAccount = z.strictObject({ serviceAccountId: id, ifMatch });

export const updateServiceAccount = z.strictObject({
  serviceAccountId: id,
  ifMatch,
  name: name.optional(),
  description: description.optional(),
  role: role.optional(),
  status: status.optional(),
  ...optionalLimits,
});

export type ServiceAccount = z.output<typeof serviceAccount>;
export type CreateServiceAccount = z.output<typeof createServiceAccount>;
export type ListServiceAccounts = z.output<typeof listServiceAccounts>;
export type ChangeServiceAccount = z.output<typeof changeServiceAccount>;
export type UpdateServiceAccount = z.output<typeof updateServiceAccount>;
