import { z } from 'zod';
import { MEMBER_ROLES } from '../permissions.ts';
import { PLAN_CAPABILITIES, PLAN_NAMES, WORKSPACE_CAPABILITIES } from '../plans.ts';

/** Which organization, tenant or workspace a request is about: at most one is given. */
export const scopeSchema = z.strictObject({
  organizationId: z.string().optional(),
  tenantId: z.string().optional(),
  workspaceId: z.string().optional(),
});
export type Scope = z.infer<typeof scopeSchema>;

export const resolveAccessInput = z.strictObject({
  userId: z.string(),
  email: z.string().optional(),
  emailVerified: z.boolean(),
  scope: scopeSchema,
});

const membershipSchema = z.object({
  organizationId: z.string(),
  slug: z.string(),
  displayName: z.string(),
  role: z.enum(MEMBER_ROLES),
});
export type Membership = z.infer<typeof membershipSchema>;

const tenantInScope = z.object({
  id: z.string(),
  plan: z.enum(PLAN_NAMES),
  suspended: z.boolean(),
  deleted: z.literal(true).optional(),
});
export type TenantInScope = z.infer<typeof tenantInScope>;

const workspaceInScope = z.object({
  id: z.string(),
  /** What was chosen for it, of what the plan includes. */
  capabilities: z.array(z.enum(WORKSPACE_CAPABILITIES)),
  status: z.enum(['active', 'suspended', 'deleted']),
});
export type WorkspaceInScope = z.infer<typeof workspaceInScope>;

/** Found: the member's place in that organization. Otherwise why not; somebody else's resource is `notFound`. */
export const resolveAccessOutput = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('granted'),
    membership: membershipSchema,
    tenant: tenantInScope.optional(),
    workspace: workspaceInScope.optional(),
  }),
  z.object({ outcome: z.literal('notFound'), kind: z.enum(['organization', 'tenant', 'workspace']) }),
  z.object({ outcome: z.literal('notMember') }),
  z.object({ outcome: z.literal('organizationRequired'), memberships: z.array(membershipSchema) }),
]);

/** For those who belong to an organization and are no members: service accounts, and the end users of a tenant. */
export const locateAccessInput = z.strictObject({ organizationId: z.string(), scope: scopeSchema });
/** Nothing where the scope is not of that organization. */
export const locateAccessOutput = z.object({
  place: z.object({ tenant: tenantInScope.optional(), workspace: workspaceInScope.optional() }).nullable(),
});

/** The tenants of an organization, not the deleted ones, whose plan has this. */
export const capableTenantsInput = z.strictObject({
  organizationId: z.string(),
  capability: z.enum(PLAN_CAPABILITIES),
});
export const capableTenantsOutput = z.object({ tenantIds: z.array(z.string()) });

export const listMembershipsInput = z.strictObject({ userId: z.string() });
export const listMembershipsOutput = z.object({ memberships: z.array(membershipSchema) });

export const organizationInput = z.strictObject({ organizationId: z.string() });
/** For those who act in an organization without being a member of it. */
export const organizationOutput = z.object({
  organization: membershipSchema.omit({ role: true }).nullable(),
});

/** Whether all of these are the organization's own, and not deleted. */
export const ownsInput = z.strictObject({
  organizationId: z.string(),
  tenantIds: z.array(z.string()).max(100),
  workspaceIds: z.array(z.string()).max(100),
});
/** Those that are not. */
export const ownsOutput = z.object({ missing: z.array(z.string()) });

const workspaceState = z.object({
  workspaceId: z.string(),
  /** What was chosen for it, of what the plan includes. */
  capabilities: z.array(z.enum(WORKSPACE_CAPABILITIES)),
  /** Its own and its tenant's, whichever leaves less. `purged`: what it held is to be destroyed, and it never comes back. */
  status: z.enum(['active', 'suspended', 'deleted', 'purged']),
});
export type WorkspaceState = z.infer<typeof workspaceState>;

/** For services that hold the data of workspaces: what may be done with it. */
export const resolveWorkspaceStatesInput = z.strictObject({ workspaceIds: z.array(z.string()).max(100) });
/** Of those that there are. */
export const resolveWorkspaceStatesOutput = z.object({ workspaces: z.array(workspaceState) });

export const workspaceStateChangesInput = z.strictObject({ after: z.number().int() });
export const workspaceStateChangesOutput = z.object({
  /** Everything up to this one is told; below `after`, tenancy began to count anew. */
  sequence: z.number().int(),
  workspaceIds: z.array(z.string()),
  /** There is more to ask for at once. */
  hasMore: z.boolean(),
});

type In<T extends z.ZodType> = z.input<T>;
type Out<T extends z.ZodType> = Promise<z.output<T>>;

/** What tenancy answers to other services. */
export interface TenancyInternal {
  'access.resolve': (input: In<typeof resolveAccessInput>) => Out<typeof resolveAccessOutput>;
  'access.locate': (input: In<typeof locateAccessInput>) => Out<typeof locateAccessOutput>;
  'access.capableTenants': (input: In<typeof capableTenantsInput>) => Out<typeof capableTenantsOutput>;
  'access.memberships': (input: In<typeof listMembershipsInput>) => Out<typeof listMembershipsOutput>;
  'access.organization': (input: In<typeof organizationInput>) => Out<typeof organizationOutput>;
  'access.owns': (input: In<typeof ownsInput>) => Out<typeof ownsOutput>;
  'workspaceState.resolve': (
    input: In<typeof resolveWorkspaceStatesInput>,
  ) => Out<typeof resolveWorkspaceStatesOutput>;
  'workspaceState.changes': (
    input: In<typeof workspaceStateChangesInput>,
  ) => Out<typeof workspaceStateChangesOutput>;
}
