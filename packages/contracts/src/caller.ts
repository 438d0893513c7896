import { z } from 'zod';
import { PERMISSIONS } from './permissions.ts';
import { PLAN_CAPABILITIES, PLAN_NAMES, WORKSPACE_CAPABILITIES } from './plans.ts';

/** The content of a passport: who calls, for which scope, with what rights. Made by identity, read by every service. */
export const callerSchema = z.object({
  kind: z.enum(['member', 'apiKey', 'serviceAccount', 'endUser', 'anonymous']),
  /** `usr_…`, `key_…`, `sva_…`; empty for an anonymous caller of the token routes. */
  id: z.string(),
  email: z.string().optional(),
  organizationId: z.string().optional(),
  /** Why no organization is in scope, where the route works without one. */
  organizationMissing: z.enum(['NOT_A_MEMBER', 'ORGANIZATION_REQUIRED']).optional(),
  tenantId: z.string().optional(),
  workspaceId: z.string().optional(),
  /** Of the workspace in scope: what was chosen for it, and whether its data can be used. */
  workspace: z
    .object({
      capabilities: z.array(z.enum(WORKSPACE_CAPABILITIES)),
      status: z.enum(['active', 'suspended', 'deleted']),
    })
    .optional(),
  role: z.string().optional(),
  /** Of an API key: the member whose rights are its ceiling. */
  ownerId: z.string().optional(),
  /** Of an API key: what that member is in the organization now. */
  ownerRole: z.string().optional(),
  /** What a credential is limited to, of all that its organization has: nothing else exists for it. */
  reach: z
    .object({ tenantIds: z.array(z.string()).optional(), workspaceIds: z.array(z.string()).optional() })
    .optional(),
  /** Of an end user: what its token says of it, for the policies of the tenant's data. */
  claims: z.record(z.string(), z.unknown()).optional(),
  permissions: z.array(z.enum(PERMISSIONS)),
  plan: z.enum(PLAN_NAMES).optional(),
  capabilities: z.array(z.enum(PLAN_CAPABILITIES)),
  /** The tenant in scope is suspended: only its administration goes on. */
  suspended: z.boolean(),
  /** The tenant in scope is deleted: it can be looked at and brought back, and no more. */
  tenantDeleted: z.literal(true).optional(),
});

export type Caller = z.infer<typeof callerSchema>;
