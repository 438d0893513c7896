import { planOf } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTenant, createWorkspace } from '../testing/fixtures.ts';
import { startTenancy, type Tenancy } from '../testing/harness.ts';

let tenancy: Tenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.close());

async function ownerWithTenant(plan: 'free' | 'starter' | 'pro' | 'enterprise' = 'starter') {
  const owner = await tenancy.newOwner();
  return { owner, tenant: await createTenant(tenancy, owner, { plan }) };
}

describe('creating', () => {
  test('is a development environment unless said otherwise', async () => {
    const { owner, tenant } = await ownerWithTenant();
    const payload = {
      tenantId: tenant.id,
      slug: 'dev-environment',
      displayName: 'Development Environment',
      capabilities: ['postgres', 'mongo', 'kafka', 'storage'],
    };
    const { status, body } = await tenancy.send(owner, { method: 'POST', url: '/v1/workspaces', payload });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...payload, environment: 'development', status: 'active' });
  });

  test('refuses a capability that the plan lacks, naming the plans that have it', async () => {
    const { owner, tenant } = await ownerWithTenant('free');
    const payload = {
      tenantId: tenant.id,
      slug: 'dev',
      displayName: 'Dev',
      capabilities: ['postgres', 'kafka'],
    };
    const { status, body } = await tenancy.send(owner, { method: 'POST', url: '/v1/workspaces', payload });
    expect([status, body.error.code]).toEqual([403, 'PLAN_CAPABILITY_REQUIRED']);
    expect(body.error.details).toMatchObject({
      capability: 'kafka',
      plan: 'free',
      plansWithIt: ['starter', 'pro', 'enterprise'],
    });
  });

  test('holds the quota of the plan under parallel creates', async () => {
    const { owner, tenant } = await ownerWithTenant('free');
    const quota = planOf('free').quotas.workspaces;
    const creates = Array.from({ length: quota + 6 }, (_, i) =>
      tenancy.send(owner, {
        method: 'POST',
        url: '/v1/workspaces',
        payload: { tenantId: tenant.id, slug: `ws-${i}`, displayName: 'One of many' },
      }),
    );
    const answers = await Promise.all(creates);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(quota);
    const refused = answers.filter(({ status }) => status === 403);
    expect(refused).toHaveLength(6);
    expect(refused[0]?.body.error).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { limit: quota, plan: 'free' },
    });
  });

  test('takes each capability once, and says so in the document', async () => {
    const { owner, tenant } = await ownerWithTenant();
    const payload = {
      tenantId: tenant.id,
      slug: 'twice',
      displayName: 'Twice',
      capabilities: ['kafka', 'kafka'],
    };
    const { body } = await tenancy.send(owner, { method: 'POST', url: '/v1/workspaces', payload });
    expect(body.error.details.fields).toMatchObject([{ path: 'capabilities' }]);
    const document = await tenancy.send(owner, { method: 'GET', url: '/openapi.json' });
    expect(document.body.components.schemas.Workspace.properties.capabilities.uniqueItems).toBe(true);
  });

  test('refuses a slug that the tenant has', async () => {
    const { owner, tenant } = await ownerWithTenant();
    await createWorkspace(tenancy, owner, { tenantId: tenant.id, slug: 'same' });
    const payload = { tenantId: tenant.id, slug: 'same', displayName: 'Same' };
    const { status, body } = await tenancy.send(owner, { method: 'POST', url: '/v1/workspaces', payload });
    expect([status, body.error.code]).toEqual([409, 'SLUG_TAKEN']);
  });

  test('needs a living, active tenant', async () => {
    const { owner, tenant } = await ownerWithTenant();
    const post = () =>
      tenancy.send(owner, {
        method: 'POST',
        url: '/v1/workspaces',
        payload: { tenantId: tenant.id, slug: 'late', displayName: 'Late' },
      });
    await tenancy.send(owner, {
      method: 'PATCH',
      url: `/v1/tenants/${tenant.id}`,
      payload: { status: 'suspended' },
    });
    expect((await post()).body.error.code).toBe('TENANT_SUSPENDED');
    await tenancy.send(owner, { method: 'DELETE', url: `/v1/tenants/${tenant.id}` });
    const gone = await post();
    expect([gone.status, gone.body.error.code]).toEqual([410, 'TENANT_DELETED']);
  });
});

describe('listing', () => {
  test('is scoped by the tenant of the token', async () => {
    const { owner, tenant } = await ownerWithTenant();
    const other = await createTenant(tenancy, owner);
    const mine = await createWorkspace(tenancy, owner, { tenantId: tenant.id });
    const theirs = await createWorkspace(tenancy, owner, { tenantId: other.id });
    const idsFor = async (caller: typeof owner) => {
      const { body } = await tenancy.send(caller, { method: 'GET', url: '/v1/workspaces' });
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await idsFor(owner)).toEqual([theirs.id, mine.id]);
    const narrowed = { ...owner, tenantId: tenant.id };
    expect(await idsFor(narrowed)).toEqual([mine.id]);
    expect((await tenancy.send(narrowed, { method: 'GET', url: `/v1/workspaces/${theirs.id}` })).status).toBe(
      404,
    );
    const url = `/v1/workspaces?tenantId=${other.id}`;
    expect((await tenancy.send(narrowed, { method: 'GET', url })).status).toBe(404);
  });

  test('leaves out what belongs to a deleted tenant, and brings it back with it', async () => {
    const { owner, tenant } = await ownerWithTenant();
    const workspace = await createWorkspace(tenancy, owner, { tenantId: tenant.id });
    const list = async () =>
      (await tenancy.send(owner, { method: 'GET', url: '/v1/workspaces' })).body.data.length;
    const get = () => tenancy.send(owner, { method: 'GET', url: `/v1/workspaces/${workspace.id}` });
    await tenancy.send(owner, { method: 'DELETE', url: `/v1/tenants/${tenant.id}` });
    expect(await list()).toBe(0);
    expect((await get()).body.error.code).toBe('TENANT_DELETED');
    await tenancy.send(owner, { method: 'POST', url: `/v1/tenants/${tenant.id}/undelete` });
    expect(await list()).toBe(1);
    expect((await get()).body).toEqual(workspace);
  });
});

describe('changing', () => {
  test('updates capabilities within the plan', async () => {
    const { owner, tenant } = await ownerWithTenant('free');
    const workspace = await createWorkspace(tenancy, owner, { tenantId: tenant.id });
    const patch = (payload: object) =>
      tenancy.send(owner, { method: 'PATCH', url: `/v1/workspaces/${workspace.id}`, payload });
    expect((await patch({})).body).toEqual(workspace);
    expect((await patch({ capabilities: ['postgres', 'storage'] })).body.capabilities).toEqual([
      'postgres',
      'storage',
    ]);
    expect((await patch({ capabilities: ['functions'] })).body.error.code).toBe('PLAN_CAPABILITY_REQUIRED');
    expect((await patch({ capabilities: ['postgres', 'postgres'] })).status).toBe(400);
    expect((await patch({ tenantId: tenant.id })).status).toBe(400);
    expect((await patch({ environment: 'production', status: 'suspended' })).body).toMatchObject({
      environment: 'production',
      status: 'suspended',
    });
  });

  test('delete makes room in the quota, undelete needs room again', async () => {
    const { owner, tenant } = await ownerWithTenant('free');
    const [first, second] = [
      await createWorkspace(tenancy, owner, { tenantId: tenant.id }),
      await createWorkspace(tenancy, owner, { tenantId: tenant.id }),
    ];
    const url = `/v1/workspaces/${first.id}`;
    expect((await tenancy.send(owner, { method: 'DELETE', url })).body.status).toBe('deleted');
    const third = await createWorkspace(tenancy, owner, { tenantId: tenant.id });
    const full = await tenancy.send(owner, { method: 'POST', url: `${url}/undelete` });
    expect(full.body.error.code).toBe('QUOTA_EXCEEDED');
    await tenancy.send(owner, { method: 'DELETE', url: `/v1/workspaces/${third.id}` });
    expect((await tenancy.send(owner, { method: 'POST', url: `${url}/undelete` })).body.status).toBe(
      'active',
    );
    expect((await tenancy.send(owner, { method: 'GET', url: `/v1/workspaces/${second.id}` })).status).toBe(
      200,
    );
  });

  test('refuses a version that is gone', async () => {
    const { owner, tenant } = await ownerWithTenant();
    const workspace = await createWorkspace(tenancy, owner, { tenantId: tenant.id });
    const headers = { 'if-match': '"99"' };
    const url = `/v1/workspaces/${workspace.id}`;
    expect((await tenancy.send(owner, { method: 'DELETE', url, headers })).status).toBe(412);
    expect((await tenancy.send(owner, { method: 'DELETE', url: `${url}?ifMatch=1` })).status).toBe(400);
    expect((await tenancy.send(owner, { method: 'DELETE', url, headers: { 'if-match': '*' } })).status).toBe(
      200,
    );
  });
});
