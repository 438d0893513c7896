import { expect, test } from 'vitest';
import {
  END_USER_PERMISSIONS,
  KEY_ROLES,
  keyRolesWith,
  MEMBER_ROLES,
  PERMISSIONS,
  permissionsOf,
  rolesWith,
} from './permissions.ts';

test('the owner holds every permission, and each permission has a role', () => {
  expect(permissionsOf('owner')).toEqual(PERMISSIONS);
  for (const permission of PERMISSIONS) expect(rolesWith(permission)).toContain('owner');
});

test('no role holds a permission twice or one that does not exist', () => {
  for (const role of [...MEMBER_ROLES, ...KEY_ROLES]) {
    const held = permissionsOf(role);
    expect(new Set(held).size).toBe(held.length);
    expect(PERMISSIONS).toEqual(expect.arrayContaining([...held]));
  }
});

test('a viewer changes nothing, and only owner and billing see or touch money', () => {
  expect(permissionsOf('viewer').every((permission) => permission.endsWith(':read'))).toBe(true);
  expect(rolesWith('billing:write')).toEqual(['owner', 'billing']);
  expect(rolesWith('billing:read')).toEqual(['owner', 'admin', 'billing']);
  expect(rolesWith('members:write')).toEqual(['owner', 'admin']);
  expect(rolesWith('keys:read')).toEqual(['owner', 'admin']);
  expect(rolesWith('rows:truncate')).toEqual(['owner', 'admin']);
  expect(rolesWith('workspaces:write')).toEqual(['owner', 'admin', 'developer']);
});

test('a key holds what its role is described to hold', () => {
  expect(permissionsOf('admin:write')).toEqual(permissionsOf('admin'));
  expect(permissionsOf('general:write')).toEqual(permissionsOf('developer'));
  expect(permissionsOf('general:read')).toEqual(permissionsOf('viewer'));
  expect(keyRolesWith('keys:write')).toEqual(['admin:write']);
  expect(keyRolesWith('rows:truncate')).toEqual(['admin:write']);
  expect(END_USER_PERMISSIONS).not.toContain('rows:truncate');
  expect(keyRolesWith('AuditLogManage')).toEqual(['admin:write', 'admin:read']);
  expect(keyRolesWith('functions:deploy')).toEqual(['admin:write', 'general:write', 'ci']);
  expect(keyRolesWith('rows:read')).not.toContain('schema-only');
  for (const permission of ['rows:read', 'rows:write', 'functions:invoke', 'serviceAccounts:write'] as const)
    expect(permissionsOf('ci')).not.toContain(permission);
  for (const role of ['admin:read', 'general:read', 'schema-only'] as const)
    expect(
      permissionsOf(role).some((permission) => /:(write|truncate|deploy|invoke)$/.test(permission)),
    ).toBe(false);
});
