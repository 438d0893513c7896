import {
  ERROR_CODES,
  idSchema,
  KEY_ROLES,
  MEMBER_ROLES,
  PERMISSIONS,
  PLAN_CAPABILITIES,
  ROLES,
} from '@plinth/contracts';
import { z } from 'zod';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const route = z.strictObject({
  method: z.enum(METHODS).meta({ description: 'Its method.', example: 'POST' }),
  path: z.string().regex(/^\//).max(2_048).meta({
    description: 'Its path: that of a request, or as the document writes it.',
    example: '/v1/tenants',
  }),
});

export const explain = z.strictObject({
  operation: z
    .union([z.string().min(1).max(100), route])
    .meta({ description: 'What is to be done: its name, or its method and path.', example: 'tenant.create' }),
  tenantId: idSchema('tenant')
    .optional()
    .meta({ description: 'Where, if the operation is about a tenant: its plan and its state count too.' }),
  workspaceId: idSchema('workspace')
    .optional()
    .meta({ description: 'Where, if the operation is about a workspace.' }),
  // Without an example: the document's own would be of somebody else.
  principalId: z
    .string()
    .regex(/^(?:usr|key|sva)_[0-9A-Za-z]{1,40}$/, 'must be an id that begins with usr_, key_ or sva_')
    .optional()
    .meta({
      description:
        'Who is to do it: a member, key or service account of the organization; the caller unless said.',
    }),
});

const permission = z.enum(PERMISSIONS);
const grantor = {
  whoCanGrant: z
    .string()
    .nullable()
    .meta({ description: 'Who can help.', example: 'an owner or admin of the organization' }),
  advice: z
    .string()
    .nullable()
    .meta({ description: 'How they can.', example: 'give you a role that has it' }),
};

const reason = z
  .object({
    code: z.enum(ERROR_CODES).meta({ description: 'The error that it is.', example: 'PERMISSION_DENIED' }),
    message: z.string().meta({
      description: 'What speaks against it.',
      example: 'This needs the permission tenants:write: the role viewer does not have it',
    }),
    ...grantor,
  })
  .meta({ id: 'Refusal', description: 'Something that speaks against an operation.' });

export const explanation = z
  .object({
    allowed: z.boolean().meta({ description: 'Whether the caller may do it.', example: false }),
    principalId: z
      .string()
      .meta({ description: 'Who was asked about.', example: 'usr_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }),
    operation: z.string().meta({ description: 'The name of the operation.', example: 'tenant.create' }),
    routes: z.array(z.string()).meta({ description: 'Where it is served.', example: ['POST /v1/tenants'] }),
    permission: z
      .union([permission, z.enum(['anonymous', 'signedIn'])])
      .meta({ description: 'What it needs.', example: 'tenants:write' }),
    missing: permission
      .nullable()
      .meta({ description: 'What of that is not held.', example: 'tenants:write' }),
    capability: z
      .enum(PLAN_CAPABILITIES)
      .nullable()
      .meta({ description: 'What the plan of the tenant has to include.', example: null }),
    held: z
      .array(permission)
      .meta({ description: 'What the caller may do there.', example: ['tenants:read'] }),
    heldBy: z
      .object({
        kind: z
          .enum(['member', 'apiKey', 'serviceAccount', 'endUser'])
          .meta({ description: 'What kind of caller it is.', example: 'member' }),
        role: z.enum(ROLES).nullable().meta({ description: 'What its rights come from.', example: 'viewer' }),
      })
      .meta({ description: 'Through what it is held.' }),
    reasons: z
      .array(reason)
      .meta({ description: 'All that speaks against it; a request is answered with the first.' }),
    ...grantor,
    rolesWithIt: z
      .array(z.enum(MEMBER_ROLES))
      .meta({ description: 'The roles of members that have the permission.', example: ['owner', 'admin'] }),
    keyRolesWithIt: z
      .array(z.enum(KEY_ROLES))
      .meta({ description: 'The roles of keys that have the permission.', example: ['admin:write'] }),
  })
  .meta({ id: 'Explanation', description: 'Whether a caller may do something, and why not.' });

export type Explain = z.output<typeof explain>;
export type Explanation = z.output<typeof explanation>;
