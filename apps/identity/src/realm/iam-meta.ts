// What the procedures of realms, and of what is in them, have in common. Which tenant it is about is in no input: the
// service finds it by the realm, and with it what the caller reaches and what the plan includes.

export const READ = { permission: 'iam:read', reach: 'filtered', allowSuspended: true } as const;
export const WRITE = { permission: 'iam:write', reach: 'filtered' } as const;

export const OF_REALM = [
  'REALM_NOT_FOUND',
  'PLAN_CAPABILITY_REQUIRED',
  'TENANT_DELETED',
  'AUTH_UNAVAILABLE',
] as const;

export const OF_CHANGE = [...OF_REALM, 'TENANT_SUSPENDED'] as const;
