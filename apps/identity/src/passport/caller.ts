import { type Caller, permissionsOf, planOf } from '@plinth/contracts';
import type { KnownKey } from '../api-key/known-key.repo.ts';
import type { Principal } from '../principal/principal.service.ts';
import type { Granted, Place } from './place.ts';

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
  const { role } = place.membership;
  return { ...person, role, permissions: [...permissionsOf(role)], ...settingOf(place) };
}

/** A key at a place: it may what its role gives, or the finer list within that, as far as its owner may too. */
export function keyCallerOf(key: KnownKey, place: Granted): Caller {
  const { id, role, ownerId, permissions, tenantIds, workspaceIds } = key;
  const lists = [permissions ?? permissionsOf(role), permissionsOf(place.membership.role)];
  const held = permissionsOf(role).filter((permission) => lists.every((list) => list.includes(permission)));
  const reach = {
    ...(tenantIds && { tenantIds }),
    ...(workspaceIds && { workspaceIds }),
  };
  return {
    kind: 'apiKey',
    id,
    role,
    ownerId,
    ownerRole: place.membership.role,
    permissions: held,
    ...((tenantIds || workspaceIds) && { reach }),
    ...settingOf(place),
  };
}

const settingOf = ({ membership, ...place }: Granted) => ({
  organizationId: membership.organizationId,
  ...placeSettingOf(place),
});

/** What a passport says of the tenant and workspace that it is for. */
export function placeSettingOf({ tenant, workspaceId }: Pick<Granted, 'tenant' | 'workspaceId'>) {
  return {
    ...(tenant && { tenantId: tenant.id, plan: tenant.plan }),
    ...(workspaceId !== undefined && { workspaceId }),
    capabilities: tenant ? [...planOf(tenant.plan).capabilities] : [],
    suspended: tenant?.suspended ?? false,
    ...(tenant?.deleted && { tenantDeleted: tenant.deleted }),
  };
}
