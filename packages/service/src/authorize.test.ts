import { AppError, type Caller, permissionsOf } from '@plinth/contracts';
import { describe, expect, test } from 'vitest';
import { authorize, refusalsOf } from './authorize.ts';
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
        heldBy: { kind: 'member', role: 'viewer' },
        rolesWithIt: ['owner', 'admin'],
        keyRolesWithIt: ['admin:write'],
        reason: 'role',
        whoCanGrant: 'an owner or admin of the organization',
      },
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="tenants:write"' },
    });
  });

  test('sends nobody to somebody who lacks the permission too', () => {
    expect(refusal({ permission: 'billing:write' }, viewer)?.details).toMatchObject({
      rolesWithIt: ['owner', 'billing'],
      whoCanGrant: 'an owner of the organization',
    });
  });

  const key: Caller = { ...viewer, kind: 'apiKey', id: 'key_1', role: 'general:read' };
  const general = { ...key, role: 'general:write', permissions: [...permissionsOf('general:read')] };
  test.each([
    ['its role', key, 'role', 'make a key of a role that has it'],
    ['its own list', general, 'permissions', 'widen that list'],
    [
      'its owner',
      { ...general, ownerRole: 'viewer' },
      'owner',
      'give the owner of this key a role that has it',
    ],
    ['its own list', { ...general, ownerRole: 'developer' }, 'permissions', 'widen that list'],
    [
      'its owner',
      { ...general, ownerId: 'sva_1', ownerRole: 'general:read' },
      'owner',
      'give the owner of this key a role that has it',
    ],
    [
      'its role',
      { ...key, kind: 'serviceAccount' as const },
      'role',
      'give this service account a role that has it',
    ],
  ])('tells a key when %s lacks the permission', (_, caller, reason, advice) => {
    expect(refusal({ permission: 'workspaces:write' }, caller)).toMatchObject({
      code: 'PERMISSION_DENIED',
      details: {
        heldBy: { kind: caller.kind, role: caller.role },
        keyRolesWithIt: ['admin:write', 'general:write'],
        reason,
        advice,
        whoCanGrant: 'an owner or admin of the organization',
      },
    });
  });

  test('sends a user of a tenant to a member, and gives it no role', () => {
    const { role: _, ...nobody } = { ...viewer, kind: 'endUser' as const, permissions: [] };
    expect(refusal({ permission: 'tenants:write' }, nobody)).toMatchObject({
      message: expect.not.stringContaining('role'),
      details: { role: null, reason: 'kind', advice: 'do it for you' },
    });
  });

  test('keeps to people what only people do', () => {
    const meta = { permission: 'signedIn', callerKinds: ['member'] } as const;
    expect(refusal(meta, viewer)).toBeUndefined();
    expect(refusal(meta, key)).toMatchObject({ code: 'PERMISSION_DENIED', details: { reason: 'kind' } });
  });

  test('tells whoever asks for it all that speaks against it, the answered refusal first', () => {
    const meta = { summary: 'x', permission: 'tenants:write', capability: 'kafka' } as const;
    const codes = refusalsOf(meta, { ...viewer, suspended: true }).map(({ code }) => code);
    expect(codes).toEqual(['PERMISSION_DENIED', 'TENANT_SUSPENDED', 'PLAN_CAPABILITY_REQUIRED']);
    expect(refusal(meta, { ...viewer, suspended: true })?.code).toBe(codes[0]);
    expect(refusalsOf({ permission: 'anonymous' }, viewer)).toEqual([]);
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

  test('wants to know the workspace whose data it is about', () => {
    const { plan: _, ...anywhere } = { ...viewer, capabilities: [] };
    expect(refusal({ capability: 'postgres' }, anywhere)?.code).toBe('WORKSPACE_REQUIRED');
    expect(refusal({ capability: 'identity' }, anywhere)?.code).toBe('PLAN_CAPABILITY_REQUIRED');
  });

  test.each([
    [{ status: 'active', capabilities: ['postgres'] }, undefined],
    [{ status: 'active', capabilities: ['storage'] }, 'WORKSPACE_CAPABILITY_REQUIRED'],
    [{ status: 'suspended', capabilities: ['postgres'] }, 'WORKSPACE_SUSPENDED'],
    [{ status: 'deleted', capabilities: ['postgres'] }, 'WORKSPACE_NOT_FOUND'],
  ] as const)('the data of a workspace that is %o: %s', (workspace, code) => {
    const there: Caller = {
      ...viewer,
      workspaceId: 'wks_1',
      workspace: { ...workspace, capabilities: [...workspace.capabilities] },
    };
    expect(refusal({ capability: 'postgres' }, there)?.code).toBe(code);
    expect(refusal({}, there)).toBeUndefined();
  });

  test('speaks of rights before it speaks of plans', () => {
    expect(refusal({ permission: 'tenants:write', capability: 'kafka' }, viewer)?.code).toBe(
      'PERMISSION_DENIED',
    );
  });
});
