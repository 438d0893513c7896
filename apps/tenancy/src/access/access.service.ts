import {
  type capableTenantsInput,
  idSchema,
  type listMembershipsInput,
  type locateAccessInput,
  type organizationInput,
  type ownsInput,
  type ownsOutput,
  plansWith,
  type resolveAccessInput,
  type resolveAccessOutput,
  type Scope,
  type TenantInScope,
  type WorkspaceInScope,
} from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { z } from 'zod';
import { accessRepo, type TenantAccess, type WorkspaceAccess } from './access.repo.ts';

// Where a person stands in the organization that a request is about. Identity asks this for every passport it makes.

type Access = z.output<typeof resolveAccessOutput>;
type Located =
  | { organizationId: string; tenant?: TenantAccess; workspace?: WorkspaceInScope | undefined }
  | { missing: 'organization' | 'tenant' | 'workspace' };

const ID_FORMS = { tenant: idSchema('tenant'), workspace: idSchema('workspace') };

export function createAccessService({ database }: { database: Database }) {
  const access = accessRepo(database);

  /** What has not the form of an id names nothing, and may hold what the database cannot even be asked for. */
  async function tenantOf(
    kind: 'tenant' | 'workspace',
    id: string,
  ): Promise<TenantAccess | WorkspaceAccess | undefined> {
    if (!ID_FORMS[kind].safeParse(id).success) return undefined;
    return kind === 'tenant' ? access.tenant(id) : access.workspace(id);
  }

  async function locate(scope: Scope): Promise<Located | undefined> {
    const { workspaceId, tenantId, organizationId } = scope;
    if (workspaceId !== undefined || tenantId !== undefined) {
      const kind = workspaceId === undefined ? 'tenant' : 'workspace';
      const tenant = await tenantOf(kind, workspaceId ?? tenantId ?? '');
      const isElsewhere =
        (organizationId !== undefined && tenant?.organizationId !== organizationId) ||
        (tenantId !== undefined && tenant?.tenantId !== tenantId);
      if (!tenant || isElsewhere) return { missing: kind };
      const workspace = 'workspace' in tenant ? tenant.workspace : undefined;
      return { organizationId: tenant.organizationId, tenant, workspace };
    }
    return organizationId === undefined ? undefined : { organizationId };
  }

  return {
    async resolve(input: z.output<typeof resolveAccessInput>): Promise<Access> {
      const { userId, email, emailVerified, scope } = input;
      if (email !== undefined && emailVerified) await access.claim(userId, email);
      const [memberships, located] = await Promise.all([access.memberships(userId), locate(scope)]);

      if (!located) {
        const [only, ...others] = memberships;
        if (!only) return { outcome: 'notMember' };
        if (others.length > 0) return { outcome: 'organizationRequired', memberships };
        return { outcome: 'granted', membership: only };
      }
      if ('missing' in located) return { outcome: 'notFound', kind: located.missing };
      const membership = memberships.find(({ organizationId }) => organizationId === located.organizationId);
      if (!membership) return { outcome: 'notFound', kind: kindOf(scope) };
      const { tenant } = located;
      return {
        outcome: 'granted',
        membership,
        ...(tenant && { tenant: inScope(tenant) }),
        ...(located.workspace && { workspace: located.workspace }),
      };
    },

    async locate({ organizationId, scope }: z.output<typeof locateAccessInput>) {
      const located = await locate({ ...scope, organizationId });
      const isElsewhere = scope.organizationId !== undefined && scope.organizationId !== organizationId;
      if (!located || 'missing' in located || isElsewhere) return { place: null };
      const { tenant, workspace } = located;
      return {
        place: {
          ...(tenant && { tenant: inScope(tenant) }),
          ...(workspace && { workspace }),
        },
      };
    },

    async capableTenants({ organizationId, capability }: z.output<typeof capableTenantsInput>) {
      return { tenantIds: await access.tenantsOn(organizationId, plansWith(capability)) };
    },

    async memberships({ userId }: z.output<typeof listMembershipsInput>) {
      return { memberships: await access.memberships(userId) };
    },

    async organization({ organizationId }: z.output<typeof organizationInput>) {
      return { organization: (await access.organization(organizationId)) ?? null };
    },

    async owns(input: z.output<typeof ownsInput>): Promise<z.output<typeof ownsOutput>> {
      const { organizationId, tenantIds, workspaceIds } = input;
      const owned = new Set(await access.owned(organizationId, tenantIds, workspaceIds));
      return { missing: [...tenantIds, ...workspaceIds].filter((id) => !owned.has(id)) };
    },
  };
}

function inScope({ tenantId, plan, status }: TenantAccess): TenantInScope {
  return {
    id: tenantId,
    plan,
    suspended: status === 'suspended',
    ...(status === 'deleted' && { deleted: true }),
  };
}

function kindOf({ workspaceId, tenantId }: Scope): 'organization' | 'tenant' | 'workspace' {
  if (workspaceId !== undefined) return 'workspace';
  return tenantId === undefined ? 'organization' : 'tenant';
}

export type AccessService = ReturnType<typeof createAccessService>;
