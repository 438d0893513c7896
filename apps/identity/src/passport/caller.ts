import {
  type Caller,
  type Permission,
  permissionsOf,
  planOf,
  type TenantInScope,
  type WorkspaceInScope,
} from '@plinth/contracts';
import type { KnownKey } from '../api-key/known-key.repo.ts';
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
export function callerOf({ id, email }: Person, place: Place): Caller {
  const person = { kind: 'member' as const, id, ...(email !== undefined && { email }) };
  if (place.outcome !== 'granted') {
    const organizationMissing = place.outcome === 'notMember' ? 'NOT_A_MEMBER' : 'ORGANIZATION_REQUIRED';
    return { ...person, organizationMissing, permissions: [], capabilities: [], suspended: false };
  }
  const { membership, tenant, workspace } = place;
  const { role, organizationId } = membership;
  const setting = settingOf({ organizationId, tenant, workspace });
  return { ...person, role, permissions: [...permissionsOf(role)], ...setting };
}

/** Whose credential it is, as that owner stands at a place now. */
export interface Owner extends Setting {
  role: string;
  permissions: readonly Permission[];
  reach?: NonNullable<Caller['reach']> | undefined;
}

type GrantingKey = Pick<KnownKey, 'id' | 'role' | 'ownerId' | 'permissions' | 'tenantIds' | 'workspaceIds'>;

/** A key at a place: it may what its role gives, or the finer list within that, as far as its owner may too. */
export function keyCallerOf(key: GrantingKey, owner: Owner): Caller {
  const { id, role, ownerId, permissions } = key;
  const lists = [permissions ?? permissionsOf(role), owner.permissions];
  const held = permissionsOf(role).filter((permission) => lists.every((list) => list.includes(permission)));
  const reach = withinBoth(reachOfRow(key), owner.reach);
  return {
    kind: 'apiKey',
    id,
    role,
    ownerId,
    ownerRole: owner.role,
    permissions: held,
    ...(reach && { reach }),
    ...settingOf(owner),
  };
}

/** A service account at a place, signed in as itself. */
export function accountCallerOf(id: string, owner: Owner): Caller {
  const { role, permissions, reach } = owner;
  return {
    kind: 'serviceAccount',
    id,
    role,
    permissions: [...permissions],
    ...(reach && { reach }),
    ...settingOf(owner),
  };
}

/** What is in both; where one names a tenant and the other a workspace of it, neither: rather too little than too much. */
function withinBoth(one: Caller['reach'], other: Caller['reach']): Caller['reach'] {
  if (!one || !other) return one ?? other;
  const both = (kind: 'tenantIds' | 'workspaceIds') =>
    (one[kind] ?? []).filter((id) => other[kind]?.includes(id));
  return { tenantIds: both('tenantIds'), workspaceIds: both('workspaceIds') };
}

export interface Limited {
  tenantIds: string[] | null;
  workspaceIds: string[] | null;
}

export function reachOfRow({ tenantIds, workspaceIds }: Limited): Caller['reach'] {
  if (!tenantIds && !workspaceIds) return undefined;
  return { ...(tenantIds && { tenantIds }), ...(workspaceIds && { workspaceIds }) };
}

export interface PlaceInPassport {
  tenant?: TenantInScope | undefined;
  workspace?: WorkspaceInScope | undefined;
}

export interface Setting extends PlaceInPassport {
  organizationId: string;
}

const settingOf = ({ organizationId, ...place }: Setting) => ({ organizationId, ...placeSettingOf(place) });

/** What a passport says of the tenant and workspace that it is for. */
export function placeSettingOf({ tenant, workspace }: PlaceInPassport) {
  return {
    ...(tenant && { tenantId: tenant.id, plan: tenant.plan }),
    ...(workspace && {
      workspaceId: workspace.id,
      workspace: { capabilities: workspace.capabilities, status: workspace.status },
    }),
    capabilities: tenant ? [...planOf(tenant.plan).capabilities] : [],
    suspended: tenant?.suspended ?? false,
    ...(tenant?.deleted && { tenantDeleted: tenant.deleted }),
  };
}
