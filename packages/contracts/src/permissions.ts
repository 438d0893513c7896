/** The closed list: every procedure names one of these, and a role is nothing but a bundle of them. */
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
] as const;

export type Permission = (typeof PERMISSIONS)[number];

const READ = PERMISSIONS.filter((permission) => permission.endsWith(':read'));

const ROLE_PERMISSIONS = {
  owner: PERMISSIONS,
  admin: PERMISSIONS.filter((permission) => permission !== 'billing:write'),
  developer: [...READ.filter((permission) => permission !== 'billing:read'), 'workspaces:write'],
  billing: ['organization:read', 'tenants:read', 'billing:read', 'billing:write'],
  viewer: READ.filter((permission) => permission !== 'billing:read'),
} as const satisfies Record<string, readonly Permission[]>;

export type MemberRole = keyof typeof ROLE_PERMISSIONS;
export const MEMBER_ROLES = Object.keys(ROLE_PERMISSIONS) as MemberRole[];

export const permissionsOf = (role: MemberRole): readonly Permission[] => ROLE_PERMISSIONS[role];

export function rolesWith(permission: Permission): MemberRole[] {
  return MEMBER_ROLES.filter((role) => permissionsOf(role).includes(permission));
}
