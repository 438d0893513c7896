import { AppError, type Caller, permissionsOf } from '@plinth/contracts';
import { describe, expect, test } from 'vitest';
import { authorize } from './authorize.ts';
import type { ProcedureMeta } from './meta.ts';

const viewer: Caller = {
  kind: 'member',
  id: 'usr_1',
  role: 'viewer',
  plan: 'free',
  permissions: [...permissionsOf('viewer')],
  capabilities: ['postgres'],
  suspended: false,
};

function refusal(meta: Partial<ProcedureMeta>, caller: Caller | undefined): AppError | undefined {
  try {
    authorize({ summary: 'x', permission: 'tenants:read', ...meta }, caller);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
}

describe('authorize', () => {
  test('wants a caller, even one that is anonymous', () => {
    const anonymous: Caller = { ...viewer, kind: 'anonymous', permissions: [...permissionsOf('owner')] };
    expect(refusal({ permission: 'anonymous' }, undefined)?.code).toBe('UNAUTHENTICATED');
    expect(refusal({ permission: 'anonymous' }, anonymous)).toBeUndefined();
    expect(refusal({ permission: 'signedIn' }, anonymous)?.code).toBe('UNAUTHENTICATED');
    expect(refusal({ permission: 'tenants:read' }, anonymous)?.code).toBe('UNAUTHENTICATED');
  });

  test.each(['NOT_A_MEMBER', 'ORGANIZATION_REQUIRED'] as const)(
    'says %s where a right would need an organization',
    (organizationMissing) => {
      const nowhere: Caller = { ...viewer, organizationMissing, permissions: [] };
      expect(refusal({}, nowhere)?.code).toBe(organizationMissing);
      expect(refusal({ permission: 'signedIn' }, nowhere)).toBeUndefined();
    },
  );

  test('says which permission is missing, what is held, and who can help', () => {
    expect(refusal({}, viewer)).toBeUndefined();
    expect(refusal({ permission: 'signedIn' }, { ...viewer, permissions: [] })).toBeUndefined();
    expect(refusal({ permission: 'tenants:write' }, viewer)).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('tenants:write'),
      details: {
        permission: 'tenants:write',
        role: 'viewer',
        held: viewer.permissions,
        rolesWithIt: ['owner', 'admin'],
      },
    });
  });

  test('lets nothing but administration go on in a suspended tenant', () => {
    const suspended = { ...viewer, suspended: true };
    expect(refusal({}, suspended)?.code).toBe('TENANT_SUSPENDED');
    expect(refusal({ permission: 'signedIn' }, suspended)?.code).toBe('TENANT_SUSPENDED');
    expect(refusal({ allowSuspended: true }, suspended)).toBeUndefined();
  });

  test('and in a deleted one, which is told apart', () => {
    const deleted: Caller = { ...viewer, tenantDeleted: true };
    expect(refusal({}, deleted)?.code).toBe('TENANT_DELETED');
    expect(refusal({ allowSuspended: true }, deleted)).toBeUndefined();
  });

  test('names the plans that include a missing capability', () => {
    expect(refusal({ capability: 'postgres' }, viewer)).toBeUndefined();
    expect(refusal({ capability: 'kafka' }, viewer)).toMatchObject({
      code: 'PLAN_CAPABILITY_REQUIRED',
      details: { capability: 'kafka', plan: 'free', plansWithIt: ['starter', 'pro', 'enterprise'] },
    });
  });

  test('speaks of rights before it speaks of plans', () => {
    expect(refusal({ permission: 'tenants:write', capability: 'kafka' }, viewer)?.code).toBe(
      'PERMISSION_DENIED',
    );
  });
});
