/**
 * The closed list: every procedure names one of these, and a role is nothing but a bundle of them. `:read` and `:write` are
 * what they say; `rows:truncate` changes or deletes all rows of a table at once; `functions:deploy` replaces code and `functions:invoke` runs it; `AuditLogManage` is reference 001's own name.
 */
export const PERMISSIONS = [
  'organization:read',
  'organization:write',
  'members:read',
  'members:write',
  'tenants:read',
  'tenants:write',
  'workspaces:read',
  'workspaces:write',
  'billing:read',
  'billing:write',
  'keys:read',
  'keys:write',
  'serviceAccounts:read',
  'serviceAccounts:write',
  'iam:read',
  'iam:write',
  'AuditLogManage',
  'schemas:read',
  'schemas:write',
  'rows:read',
  'rows:write',
  'rows:truncate',
  'documents:read',
  'documents:write',
  'events:read',
  'events:write',
  'objects:read',
  'objects:write',
  'functions:read',
  'functions:deploy',
  'functions:invoke',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** Who may see and change people, keys, money and the record of what was done, and empty what others filled. */
const ADMINISTRATION: ReadonlySet<Permission> = new Set([
  'organization:write',
  'members:write',
  'tenants:write',
  'billing:read',
  'billing:write',
  'keys:read',
  'keys:write',
  'serviceAccounts:read',
  'serviceAccounts:write',
  'iam:read',
  'iam:write',
  'AuditLogManage',
  'rows:truncate',
]);

const isRead = (permission: Permission): boolean => permission.endsWith(':read');
const GENERAL = PERMISSIONS.filter((permission) => !ADMINISTRATION.has(permission));
const GENERAL_READ = GENERAL.filter(isRead);
const ALL_BUT_MONEY = PERMISSIONS.filter((permission) => permission !== 'billing:write');

const MEMBER_ROLE_PERMISSIONS = {
  owner: PERMISSIONS,
  admin: ALL_BUT_MONEY,
  developer: GENERAL,
  billing: ['organization:read', 'tenants:read', 'billing:read', 'billing:write'],
  viewer: GENERAL_READ,
} as const satisfies Record<string, readonly Permission[]>;

/** As reference 003 describes them. What `AuditLogManage` opens today is reading. */
const KEY_ROLE_PERMISSIONS = {
  'admin:write': ALL_BUT_MONEY,
  'admin:read': PERMISSIONS.filter((permission) => isRead(permission) || permission === 'AuditLogManage'),
  'general:write': GENERAL,
  'general:read': GENERAL_READ,
  ci: [
    'tenants:read',
    'workspaces:read',
    'schemas:read',
    'schemas:write',
    'functions:read',
    'functions:deploy',
  ],
  'schema-only': ['tenants:read', 'workspaces:read', 'schemas:read'],
} as const satisfies Record<string, readonly Permission[]>;

/** What an end user of a tenant's own realm may ask of its data; the policies of each store say about which of it. */
export const END_USER_PERMISSIONS = [
  'rows:read',
  'rows:write',
  'documents:read',
  'documents:write',
  'events:read',
  'events:write',
  'objects:read',
  'objects:write',
  'functions:invoke',
] as const satisfies readonly Permission[];

export type MemberRole = keyof typeof MEMBER_ROLE_PERMISSIONS;
export type KeyRole = keyof typeof KEY_ROLE_PERMISSIONS;
export type Role = MemberRole | KeyRole;

export const MEMBER_ROLES = Object.keys(MEMBER_ROLE_PERMISSIONS) as MemberRole[];
export const KEY_ROLES = Object.keys(KEY_ROLE_PERMISSIONS) as KeyRole[];

export const ROLES: readonly Role[] = [...MEMBER_ROLES, ...KEY_ROLES];

export const roleNamed = (name: string | undefined): Role | undefined => ROLES.find((role) => role === name);

const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  ...MEMBER_ROLE_PERMISSIONS,
  ...KEY_ROLE_PERMISSIONS,
};

export const permissionsOf = (role: Role): readonly Permission[] => ROLE_PERMISSIONS[role];

export const rolesWith = (permission: Permission): MemberRole[] =>
  MEMBER_ROLES.filter((role) => permissionsOf(role).includes(permission));

export const keyRolesWith = (permission: Permission): KeyRole[] =>
  KEY_ROLES.filter((role) => permissionsOf(role).includes(permission));
