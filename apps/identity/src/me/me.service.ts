import { AppError, type Call, KEY_ROLES, MEMBER_ROLES } from '@plinth/contracts';
import type { Tenancy } from '../tenancy.ts';
import type { Me } from './me.schema.ts';

const ROLES = [...MEMBER_ROLES, ...KEY_ROLES];

export function createMeService({ tenancy }: { tenancy: Tenancy }) {
  return {
    async get(call: Call): Promise<Me> {
      const { kind, id, email, ownerId, role, reach } = call.caller;
      const { organizationId, permissions, plan, tenantId, workspaceId } = call.caller;
      if (kind === 'anonymous') throw new AppError('UNAUTHENTICATED');
      const memberships = await tenancy.memberships(call, ownerId ?? id);
      const organizations = memberships
        .map(({ organizationId, ...rest }) => ({ id: organizationId, ...rest }))
        .filter((one) => kind !== 'apiKey' || one.id === organizationId);
      return {
        principal: { id, kind, email: email ?? null, ownerId: ownerId ?? null },
        organization: organizations.find((one) => one.id === organizationId) ?? null,
        organizations,
        permissions,
        credential: {
          role: ROLES.find((known) => known === role) ?? null,
          reach: reach ? { tenantIds: reach.tenantIds ?? [], workspaceIds: reach.workspaceIds ?? [] } : null,
        },
        plan: plan ?? null,
        tenantId: tenantId ?? null,
        workspaceId: workspaceId ?? null,
        apiVersion: call.apiVersion,
        pinnedVersion: null,
      };
    },
  };
}

export type MeService = ReturnType<typeof createMeService>;
