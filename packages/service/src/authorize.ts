import {
  AppError,
  type Caller,
  keyRolesWith,
  type Permission,
  type PlanCapability,
  type PlanName,
  plansWith,
  rolesWith,
  WORKSPACE_CAPABILITIES,
} from '@plinth/contracts';
import { adviceOn, whoHolds } from './advice.ts';
import type { AccessRules } from './meta.ts';
import { namesNoPlace, type Place, placeIn } from './reach.ts';

// May this caller run this procedure there? One engine for people, keys and programs: a list of checks, in the order in which
// they are told. A request is refused by the first that objects; who asks for an explanation hears them all.

type Check = (meta: AccessRules, caller: Caller, place: Place) => AppError | undefined;

const needsNobody = ({ permission }: AccessRules): boolean => permission === 'anonymous';
const permissionIn = ({ permission }: AccessRules): Permission | undefined =>
  permission === 'anonymous' || permission === 'signedIn' ? undefined : permission;

const CHECKS: readonly Check[] = [
  (meta, caller) =>
    caller.kind === 'anonymous' && !needsNobody(meta) ? new AppError('UNAUTHENTICATED') : undefined,
  (meta, { organizationMissing }) =>
    organizationMissing && permissionIn(meta) ? new AppError(organizationMissing) : undefined,
  checkKind,
  checkPermission,
  checkWholeOrganization,
  checkTenant,
  checkCapability,
  checkWorkspace,
];

/** Every reason that speaks against it, the first being the one that is answered. */
export function refusalsOf(meta: AccessRules, caller: Caller, place: Place = {}): AppError[] {
  if (needsNobody(meta)) return [];
  return CHECKS.flatMap((check) => check(meta, caller, place) ?? []);
}

/** Throws what `refusalsOf` would say first. */
export function authorize(meta: AccessRules, caller: Caller | undefined, input?: unknown): void {
  if (!caller) throw new AppError('UNAUTHENTICATED');
  if (needsNobody(meta)) return;
  const place = caller.reach ? placeIn(input) : {};
  for (const check of CHECKS) {
    const refusal = check(meta, caller, place);
    if (refusal) throw refusal;
  }
}

function checkKind({ callerKinds }: AccessRules, caller: Caller): AppError | undefined {
  if (!callerKinds || callerKinds.some((kind) => kind === caller.kind)) return undefined;
  return new AppError('PERMISSION_DENIED', {
    message: 'Only a person who has signed in can do this',
    details: {
      ...holdingOf(caller),
      callerKinds,
      reason: 'kind',
      whoCanGrant: 'nobody',
      advice: 'sign in as a person',
    },
  });
}

function checkPermission(meta: AccessRules, caller: Caller): AppError | undefined {
  const permission = permissionIn(meta);
  if (permission === undefined || caller.permissions.includes(permission)) return undefined;
  const { reason, because, grantors, advice } = adviceOn(permission, caller);
  const whoCanGrant = whoHolds(...grantors, permission);
  return new AppError('PERMISSION_DENIED', {
    message: `This needs the permission ${permission}: ${because}. Ask ${whoCanGrant} to ${advice}`,
    details: {
      permission,
      ...holdingOf(caller),
      reason,
      rolesWithIt: rolesWith(permission),
      keyRolesWithIt: keyRolesWith(permission),
      whoCanGrant,
      advice,
    },
    // RFC 6750, section 3.1.
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${permission}"` },
  });
}

function checkWholeOrganization(meta: AccessRules, caller: Caller, place: Place): AppError | undefined {
  if (!caller.reach || meta.reach === 'filtered' || !namesNoPlace(place)) return undefined;
  const permission = permissionIn(meta);
  return new AppError('PERMISSION_DENIED', {
    message:
      'This concerns the whole organization, and the credential is limited to some of its tenants and workspaces',
    details: {
      ...(permission !== undefined && { permission }),
      ...holdingOf(caller),
      reason: 'reach',
      reach: caller.reach,
      whoCanGrant: whoHolds(permission ?? 'organization:read'),
      advice: 'use a credential that is not limited',
    },
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
  });
}

function checkTenant(meta: AccessRules, caller: Caller): AppError | undefined {
  if (meta.allowSuspended) return undefined;
  if (caller.tenantDeleted) return new AppError('TENANT_DELETED');
  return caller.suspended ? tenantSuspended(caller.tenantId) : undefined;
}

export function tenantSuspended(tenantId: string | undefined): AppError {
  return new AppError('TENANT_SUSPENDED', {
    details: {
      tenantId: tenantId ?? null,
      whoCanGrant: whoHolds('tenants:write'),
      advice: 'make the tenant active again',
    },
  });
}

export function capabilityRequired(capability: PlanCapability, plan: PlanName | undefined): AppError {
  const plansWithIt = plansWith(capability);
  return new AppError('PLAN_CAPABILITY_REQUIRED', {
    message: `The capability ${capability} is part of the plans ${plansWithIt.join(', ')}`,
    details: {
      capability,
      plan: plan ?? null,
      plansWithIt,
      whoCanGrant: whoHolds('tenants:write'),
      advice: 'move the tenant to one of these plans',
    },
  });
}

function checkCapability({ capability }: AccessRules, caller: Caller): AppError | undefined {
  if (!capability || caller.capabilities.includes(capability)) return undefined;
  if (caller.plan === undefined && isOfWorkspaces(capability)) return new AppError('WORKSPACE_REQUIRED');
  return capabilityRequired(capability, caller.plan);
}

export const isOfWorkspaces = (capability: PlanCapability): boolean =>
  WORKSPACE_CAPABILITIES.some((one) => one === capability);

/** The data of a workspace can be used while that is active and has what holds them; the workspace itself is tenancy's. */
function checkWorkspace(
  { capability }: AccessRules,
  { workspace, workspaceId }: Caller,
): AppError | undefined {
  if (!capability || !workspace) return undefined;
  if (workspace.status === 'deleted') return new AppError('WORKSPACE_NOT_FOUND');
  const refuse = (code: 'WORKSPACE_SUSPENDED' | 'WORKSPACE_CAPABILITY_REQUIRED', advice: string) => {
    const whoCanGrant = whoHolds('workspaces:write');
    return new AppError(code, {
      details: { workspaceId: workspaceId ?? null, capability, whoCanGrant, advice },
    });
  };
  if (workspace.status === 'suspended')
    return refuse('WORKSPACE_SUSPENDED', 'make the workspace active again');
  return workspace.capabilities.some((held) => held === capability)
    ? undefined
    : refuse('WORKSPACE_CAPABILITY_REQUIRED', `add ${capability} to the capabilities of the workspace`);
}

/** What a caller has, and through what. */
const holdingOf = ({ kind, role, permissions }: Caller) => ({
  role: role ?? null,
  held: permissions,
  heldBy: { kind, role: role ?? null },
});
