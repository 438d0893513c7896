import {
  type Caller,
  ID_PREFIXES,
  MEMBER_ROLES,
  type Permission,
  permissionsOf,
  roleNamed,
} from '@plinth/contracts';

// What a caller who lacks a permission is told: why, and what somebody else can do about it.

interface Advice {
  /** What is too small: the role, the credential's own finer list, or the rights of the member whose key it is. */
  reason: 'role' | 'permissions' | 'owner' | 'kind';
  because: string;
  /** What one has to hold to change that, beside the permission itself: nobody gives what they lack. */
  grantors: readonly Permission[];
  advice: string;
}

export function adviceOn(permission: Permission, caller: Caller): Advice {
  const { kind, role = 'none', ownerId, ownerRole } = caller;
  if (kind === 'endUser') {
    const because = 'the users of a tenant never have it';
    return { reason: 'kind', because, grantors: [], advice: 'do it for you' };
  }
  if (kind !== 'apiKey' && kind !== 'serviceAccount') {
    return {
      reason: 'role',
      because: `the role ${role} does not have it`,
      grantors: ['members:write'],
      advice: 'give you a role that has it',
    };
  }
  const isKey = kind === 'apiKey';
  const what = isKey ? 'key' : 'service account';
  const lists = isOfProgram(ownerId)
    ? 'its own list of permissions or its owner’s'
    : 'its own list of permissions';
  const grantors = [isKey ? 'keys:write' : 'serviceAccounts:write'] as const;
  if (!isInRole(permission, role)) {
    const because = `the role ${role} of this ${what} does not have it`;
    const advice = isKey
      ? 'make a key of a role that has it'
      : 'give this service account a role that has it';
    return { reason: 'role', because, grantors, advice };
  }
  if (ownerRole !== undefined && !isInRole(permission, ownerRole)) {
    return {
      reason: 'owner',
      because: `the role ${role} of this key has it, but its owner is only ${ownerRole} now`,
      grantors: [isOfProgram(ownerId) ? 'serviceAccounts:write' : 'members:write'],
      advice: 'give the owner of this key a role that has it',
    };
  }
  return {
    reason: 'permissions',
    because: `the role ${role} of this ${what} has it, but ${lists} leaves it out`,
    grantors,
    advice: 'widen that list',
  };
}

const isOfProgram = (ownerId: string | undefined): boolean =>
  ownerId?.startsWith(`${ID_PREFIXES.serviceAccount}_`) === true;

const isInRole = (permission: Permission, name: string): boolean => {
  const role = roleNamed(name);
  return role !== undefined && permissionsOf(role).includes(permission);
};

const anyOf = new Intl.ListFormat('en-GB', { type: 'disjunction' });

export function whoHolds(...permissions: readonly Permission[]): string {
  const roles = MEMBER_ROLES.filter((role) =>
    permissions.every((permission) => permissionsOf(role).includes(permission)),
  );
  return `an ${anyOf.format(roles)} of the organization`;
}
