import { HEADERS, newId, type Scope } from '@plinth/contracts';
import type { SuiteRequest } from '@plinth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTenant, createWorkspace } from '../testing/fixtures.ts';
import { startTenancy, type Tenancy } from '../testing/harness.ts';

let tenancy: Tenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.close());

async function ask(procedure: string, request: Omit<SuiteRequest, 'url' | 'headers'> & { query?: string }) {
  const token = await tenancy.keys.serviceToken('identity', 'tenancy');
  const { query = '', ...rest } = request;
  const { status, body } = await tenancy.sendWithPassport(undefined, {
    ...rest,
    url: `/internal/${procedure}${query}`,
    headers: { [HEADERS.serviceToken]: token },
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.result.data;
}

const resolve = (userId: string, scope: Scope) =>
  ask('access.resolve', { method: 'POST', payload: { userId, emailVerified: false, scope } });

const locate = async (organizationId: string | undefined, scope: Scope) => {
  const input = encodeURIComponent(JSON.stringify({ organizationId, scope }));
  return (await ask('access.locate', { method: 'GET', query: `?input=${input}` })).place;
};

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

test("an organization's own tenants and workspaces are located, and nobody else's", async () => {
  const owner = await tenancy.newOwner();
  const stranger = await tenancy.newOwner();
  const tenant = await createTenant(tenancy, owner);
  const workspace = await createWorkspace(tenancy, owner, { tenantId: tenant.id });
  const { organizationId } = owner;
  const there = { id: tenant.id, plan: 'starter', suspended: false };
  expect(await locate(organizationId, {})).toEqual({});
  expect(await locate(organizationId, { tenantId: tenant.id })).toEqual({ tenant: there });
  expect(await locate(organizationId, { workspaceId: workspace.id })).toEqual({
    tenant: there,
    workspace: { id: workspace.id, capabilities: workspace.capabilities, status: 'active' },
  });
  for (const scope of [{ tenantId: tenant.id }, { workspaceId: workspace.id }, { organizationId }]) {
    expect(await locate(stranger.organizationId, { ...scope })).toBeNull();
  }
  expect(await locate(organizationId, { tenantId: 'tnt_unknown' })).toBeNull();
});

test('of a list of places those are missing that the organization has not, or has deleted', async () => {
  const [owner, stranger] = [await tenancy.newOwner(), await tenancy.newOwner()];
  const [own, deleted] = [await createTenant(tenancy, owner), await createTenant(tenancy, owner)];
  const workspace = await createWorkspace(tenancy, owner, { tenantId: own.id });
  const within = await createWorkspace(tenancy, owner, { tenantId: deleted.id });
  const foreign = await createTenant(tenancy, stranger);
  await tenancy.send(owner, { method: 'DELETE', url: `/v1/tenants/${deleted.id}` });
  const missing = async (tenantIds: string[], workspaceIds: string[]) => {
    const payload = { organizationId: owner.organizationId, tenantIds, workspaceIds };
    return (await ask('access.owns', { method: 'POST', payload })).missing;
  };
  expect(await missing([own.id], [workspace.id])).toEqual([]);
  expect(await missing([deleted.id, own.id, foreign.id], [within.id, 'wks_none'])).toEqual([
    deleted.id,
    foreign.id,
    within.id,
    'wks_none',
  ]);
  // Each by its own kind.
  expect(await missing([workspace.id], [own.id])).toEqual([workspace.id, own.id]);
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

test('an organization is called what it is called, and one that never was is none', async () => {
  const { organizationId } = await tenancy.newOwner();
  const named = async (id: string | undefined) => {
    const input = encodeURIComponent(JSON.stringify({ organizationId: id }));
    return (await ask('access.organization', { method: 'GET', query: `?input=${input}` })).organization;
  };
  expect(await named(organizationId)).toMatchObject({ organizationId, displayName: 'An organization' });
  expect(await named(newId('organization'))).toBeNull();
});
