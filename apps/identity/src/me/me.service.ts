import { AppError, type Call } from '@plinth/contracts';
import type { Tenancy } from '../tenancy.ts';
import type { Me } from './me.schema.ts';

export function createMeService({ tenancy }: { tenancy: Tenancy }) {
  return {
    async get(call: Call): Promise<Me> {
      const { kind, id, email, organizationId, permissions, plan, tenantId, workspaceId } = call.caller;
      if (kind === 'anonymous') throw new AppError('UNAUTHENTICATED');
      const memberships = await tenancy.memberships(call, id);
      const organizations = memberships.map(({ organizationId, ...rest }) => ({
        id: organizationId,
        ...rest,
      }));
      return {
        principal: { id, kind, email: email ?? null },
        organization: organizations.find((one) => one.id === organizationId) ?? null,
        organizations,
        permissions,
        plan: plan ?? null,
        tenantId: tenantId ?? null,
        workspaceId: workspaceId ?? null,
        apiVersion: call.apiVersion,
      };
    },
  };
}

export type MeService = ReturnType<typeof createMeService>;
