import type { Caller } from '@plinth/contracts';
import { createDatabase } from '@plinth/database';
import { withClient } from '@plinth/embedded';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTenant, createWorkspace } from '../testing/fixtures.ts';
import { startTenancy, type Tenancy } from '../testing/harness.ts';
import { createWorkspaceStateService } from './workspace-state.service.ts';

// What services that hold data hear of workspaces, asked as one of them would.

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let tenancy: Tenancy;
let owner: Caller;
beforeAll(async () => {
  tenancy = await startTenancy();
  owner = await tenancy.newOwner();
});
afterAll(() => tenancy.close());

async function ask(procedure: string, payload: object, from: 'postgres' | 'identity' = 'postgres') {
  const { statusCode, body } = await tenancy.app.inject({
    method: 'POST',
    url: `/internal/workspaceState.${procedure}`,
    headers: {
      'x-correlation-id': 'test-of-states',
      'x-plinth-service': await tenancy.keys.serviceToken(from, 'tenancy'),
    },
    payload,
  });
  return { statusCode, data: JSON.parse(body).result?.data };
}

const sequence = async (): Promise<number> =>
  (await ask('changes', { after: Number.MAX_SAFE_INTEGER })).data.sequence;
const changedSince = async (after: number): Promise<string[]> =>
  (await ask('changes', { after })).data.workspaceIds.sort();
const statesOf = async (...workspaceIds: string[]) =>
  (await ask('resolve', { workspaceIds })).data.workspaces;

async function send(method: 'PATCH' | 'DELETE' | 'POST' | 'GET', url: string, payload?: object) {
  return tenancy.send(owner, { method, url, ...(payload && { payload }) });
}

const sql = (text: string, values: unknown[] = []) =>
  withClient(tenancy.databaseUrl, async (client) => (await client.query(text, values)).rows);

async function newWorkspace(): Promise<{ tenant: string; workspace: string }> {
  const tenant = await createTenant(tenancy, owner);
  return {
    tenant: tenant.id,
    workspace: (await createWorkspace(tenancy, owner, { tenantId: tenant.id })).id,
  };
}

describe('the state of a workspace', () => {
  test('follows its own status and capabilities, and those of its tenant', async () => {
    const { tenant, workspace } = await newWorkspace();
    const state = async () => (await statesOf(workspace))[0];
    expect(await state()).toEqual({ workspaceId: workspace, capabilities: ['postgres'], status: 'active' });
    await send('PATCH', `/v1/workspaces/${workspace}`, { capabilities: ['storage'] });
    expect(await state()).toMatchObject({ capabilities: ['storage'], status: 'active' });
    await send('PATCH', `/v1/workspaces/${workspace}`, { status: 'suspended' });
    expect(await state()).toMatchObject({ status: 'suspended' });
    await send('PATCH', `/v1/workspaces/${workspace}`, { status: 'active' });
    await send('PATCH', `/v1/tenants/${tenant}`, { status: 'suspended' });
    expect(await state()).toMatchObject({ status: 'suspended' });
    await send('DELETE', `/v1/tenants/${tenant}`);
    expect(await state()).toMatchObject({ status: 'deleted' });
  });

  test('is told to services that hold data, of those that there are', async () => {
    const { workspace } = await newWorkspace();
    expect(await statesOf(workspace, 'wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z')).toHaveLength(1);
    expect((await ask('resolve', { workspaceIds: [workspace] }, 'identity')).statusCode).toBe(401);
  });
});

describe('changes', () => {
  test('tell each workspace whose state is another, and nothing of names and plans', async () => {
    const { tenant, workspace } = await newWorkspace();
    const { id: second } = await createWorkspace(tenancy, owner, { tenantId: tenant });
    const before = await sequence();
    await send('PATCH', `/v1/workspaces/${workspace}`, { displayName: 'Other', environment: 'staging' });
    await send('PATCH', `/v1/tenants/${tenant}`, { displayName: 'Other', plan: 'pro' });
    expect(await changedSince(before)).toEqual([]);
    await send('PATCH', `/v1/workspaces/${workspace}`, { capabilities: [] });
    expect(await changedSince(before)).toEqual([workspace]);
    const between = await sequence();
    await send('PATCH', `/v1/tenants/${tenant}`, { status: 'suspended' });
    expect(await changedSince(between)).toEqual([workspace, second].sort());
    expect(await changedSince(await sequence())).toEqual([]);
  });

  test('come in pages that lose none, though a tenant has more workspaces than a page', async () => {
    const { tenant } = await newWorkspace();
    const after = await sequence();
    await sql(
      `insert into workspace (id, organization_id, tenant_id, slug, display_name, capabilities, environment_type, status)
       select 'wks_' || n, $1, $2, 's' || n, 'n', '{}', 'staging', 'active' from generate_series(1, 1100) n`,
      [owner.organizationId, tenant],
    );
    await send('PATCH', `/v1/tenants/${tenant}`, { status: 'suspended' });
    const { workspace } = await newWorkspace();
    await send('PATCH', `/v1/workspaces/${workspace}`, { status: 'suspended' });
    const { data: first } = await ask('changes', { after });
    expect([first.hasMore, first.workspaceIds.length]).toEqual([true, 1_101]);
    const { data: rest } = await ask('changes', { after: first.sequence });
    expect(rest).toMatchObject({ hasMore: false, workspaceIds: [workspace] });
  });

  test('that commit later have the higher number', async () => {
    const [one, other] = [await newWorkspace(), await newWorkspace()];
    const before = await sequence();
    await withClient(tenancy.databaseUrl, async (client) => {
      await client.query('begin');
      await client.query("update workspace set status = 'suspended' where id = $1", [one.workspace]);
      const second = sql("update workspace set status = 'suspended' where id = $1", [other.workspace]);
      expect(await changedSince(before)).toEqual([]);
      await client.query('commit');
      await second;
    });
    expect(await changedSince(before)).toEqual([one.workspace, other.workspace].sort());
  });
});

describe('the end of the time in which it could be brought back', () => {
  const expire = (table: string, id: string) =>
    sql(`update ${table} set purge_at = now() - interval '1 second' where id = $1`, [id]);
  async function purgeExpired(): Promise<void> {
    const database = createDatabase({ url: tenancy.databaseUrl, log: silent });
    await createWorkspaceStateService({ database }).purgeExpired();
    await database.close();
  }

  test('of a workspace: it is gone, its name is free, and services hear of it', async () => {
    const { tenant, workspace } = await newWorkspace();
    const { id: kept } = await createWorkspace(tenancy, owner, { tenantId: tenant });
    const { slug } = (await send('GET', `/v1/workspaces/${workspace}`)).body;
    await send('DELETE', `/v1/workspaces/${workspace}`);
    await send('DELETE', `/v1/workspaces/${kept}`);
    await purgeExpired();
    expect((await statesOf(workspace))[0]).toMatchObject({ status: 'deleted' });
    await expire('workspace', workspace);
    const before = await sequence();
    await purgeExpired();
    expect(await changedSince(before)).toEqual([workspace]);
    expect((await statesOf(workspace))[0]).toMatchObject({ status: 'purged' });
    const [audited] = await sql(
      "select payload from outbox where kind = 'audit' and payload ->> 'action' = 'workspace.purge' order by id desc",
    );
    expect(audited.payload).toMatchObject({
      actor: { kind: 'service', id: 'tenancy' },
      target: { kind: 'workspace', id: workspace },
      organizationId: owner.organizationId,
    });
    expect((await send('GET', `/v1/workspaces/${workspace}`)).status).toBe(404);
    expect((await send('POST', `/v1/workspaces/${workspace}/undelete`)).status).toBe(404);
    expect((await createWorkspace(tenancy, owner, { tenantId: tenant, slug })).slug).toBe(slug);
    expect((await send('POST', `/v1/workspaces/${kept}/undelete`)).status).toBe(200);
  });

  test('of a tenant: so are its workspaces', async () => {
    const { tenant, workspace } = await newWorkspace();
    await send('DELETE', `/v1/tenants/${tenant}`);
    await expire('tenant', tenant);
    await purgeExpired();
    expect((await statesOf(workspace))[0]).toMatchObject({ status: 'purged' });
    expect((await send('GET', `/v1/tenants/${tenant}`)).status).toBe(404);
    expect((await send('POST', `/v1/tenants/${tenant}/undelete`)).status).toBe(404);
  });
});
