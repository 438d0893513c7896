import { expect, test } from 'vitest';
import { MEMBER_ROLES, PERMISSIONS, permissionsOf, rolesWith } from './permissions.ts';

test('the owner holds every permission, and each permission has a role', () => {
  expect(permissionsOf('owner')).toEqual(PERMISSIONS);
  for (const permission of PERMISSIONS) expect(rolesWith(permission)).toContain('owner');
});

test('no role holds a permission twice or one that does not exist', () => {
  for (const role of MEMBER_ROLES) {
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
  expect(rolesWith('workspaces:write')).toEqual(['owner', 'admin', 'developer']);
});
