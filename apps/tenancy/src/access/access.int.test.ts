import { HEADERS, type Scope } from '@plinth/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTenant, createWorkspace } from '../testing/fixtures.ts';
import { startTenancy, type Tenancy } from '../testing/harness.ts';

let tenancy: Tenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.close());

async function resolve(userId: string, scope: Scope) {
  const token = await tenancy.keys.serviceToken('identity', 'tenancy');
  const { status, body } = await tenancy.sendWithPassport(undefined, {
    method: 'POST',
    url: '/internal/access.resolve',
    payload: { userId, emailVerified: false, scope },
    headers: { [HEADERS.serviceToken]: token },
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.result.data;
}

test('a member stands where the tenant or the workspace is', async () => {
  const owner = await tenancy.newOwner();
  const tenant = await createTenant(tenancy, owner);
  const workspace = await createWorkspace(tenancy, owner, { tenantId: tenant.id });
  for (const scope of [{ tenantId: tenant.id }, { workspaceId: workspace.id }]) {
    expect(await resolve(owner.id, scope)).toMatchObject({
      outcome: 'granted',
      membership: { organizationId: owner.organizationId, role: 'owner' },
      tenant: { id: tenant.id },
    });
  }
});

test('the tenant is told to be suspended or deleted, whichever hides the other', async () => {
  const owner = await tenancy.newOwner();
  const { id } = await createTenant(tenancy, owner);
  const tenantNow = async () => (await resolve(owner.id, { tenantId: id })).tenant;
  expect(await tenantNow()).toEqual({ id, plan: 'starter', suspended: false });
  await tenancy.send(owner, { method: 'PATCH', url: `/v1/tenants/${id}`, payload: { status: 'suspended' } });
  expect(await tenantNow()).toEqual({ id, plan: 'starter', suspended: true });
  await tenancy.send(owner, { method: 'DELETE', url: `/v1/tenants/${id}` });
  expect(await tenantNow()).toEqual({ id, plan: 'starter', suspended: false, deleted: true });
});

test.each(['', 'nothing', 'tnt_\u0000', 'wks_\u0000', 'tnt_\ud800', `tnt_${'x'.repeat(500)}`])(
  'what is no id names nothing: %j',
  async (id) => {
    const owner = await tenancy.newOwner();
    for (const [scope, kind] of [
      [{ tenantId: id }, 'tenant'],
      [{ workspaceId: id }, 'workspace'],
      [{ organizationId: id }, 'organization'],
    ] as const) {
      expect(await resolve(owner.id, scope)).toEqual({ outcome: 'notFound', kind });
    }
  },
);
