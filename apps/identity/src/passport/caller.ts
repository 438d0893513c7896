import { type Caller, permissionsOf, planOf } from '@plinth/contracts';
import type { Principal } from '../principal/principal.service.ts';
import type { Place } from './place.ts';

export interface Person extends Principal {
  email: string | undefined;
  emailVerified: boolean;
}

export const ANONYMOUS: Caller = {
  kind: 'anonymous',
  id: '',
  permissions: [],
  capabilities: [],
  suspended: false,
};

/** Somebody at a place: the role there gives the rights, the tenant's plan the capabilities. */
export function callerOf({ id, kind, email }: Person, place: Place): Caller {
  const person = { kind, id, ...(email !== undefined && { email }) };
  if (place.outcome !== 'granted') {
    const organizationMissing = place.outcome === 'notMember' ? 'NOT_A_MEMBER' : 'ORGANIZATION_REQUIRED';
    return { ...person, organizationMissing, permissions: [], capabilities: [], suspended: false };
  }
  const { membership, tenant, workspaceId } = place;
  return {
    ...person,
    organizationId: membership.organizationId,
    role: membership.role,
    permissions: [...permissionsOf(membership.role)],
    ...(tenant && { tenantId: tenant.id, plan: tenant.plan }),
    ...(workspaceId !== undefined && { workspaceId }),
    capabilities: tenant ? [...planOf(tenant.plan).capabilities] : [],
    suspended: tenant?.suspended ?? false,
    ...(tenant?.deleted && { tenantDeleted: true }),
  };
}
