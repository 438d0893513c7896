import { beforeAll, expect, test } from 'vitest';
import { as, uniqueSlug } from './api.ts';

// A passport is kept for up to a minute. What changes in it holds from the first request after the change on.

type Api = Awaited<ReturnType<typeof as>>;
let api: Api;
beforeAll(async () => {
  api = await as('owner');
});

async function newWorkspace() {
  const tenant = await api.post('/v1/tenants', {
    body: { slug: uniqueSlug('revoked'), displayName: 'R', plan: 'starter', adminEmail: 'a@example.com' },
  });
  const workspace = await api.post('/v1/workspaces', {
    body: { tenantId: tenant.body.id, slug: 'one', displayName: 'One', capabilities: ['postgres'] },
  });
  expect(workspace.status).toBe(201);
  return { tenantUrl: `/v1/tenants/${tenant.body.id}`, workspaceUrl: `/v1/workspaces/${workspace.body.id}` };
}

const rename = (url: string, displayName: string) => api.patch(url, { body: { displayName } });

/** The tenant's quota, which its plan gives and a passport carries. */
async function quotaOf(workspaceUrl: string): Promise<number> {
  // With Redis a gateway hears of a change in the call that counts, so that this request is still counted as before.
  await api.get(workspaceUrl);
  const { headers } = await api.get(workspaceUrl);
  return Number(/"tenant";q=(\d+)/.exec(headers.get('ratelimit-policy') ?? '')?.[1]);
}

test('a suspended tenant is refused by the very next write, and a resumed one served by the next', async () => {
  const { tenantUrl, workspaceUrl } = await newWorkspace();
  expect((await rename(workspaceUrl, 'Two')).status).toBe(200);
  for (let round = 1; round <= 3; round++) {
    const suspended = await api.patch(tenantUrl, { body: { status: 'suspended' } });
    expect(suspended.status).toBe(200);
    expect(suspended.headers.get('x-plinth-revoked')).toBeNull();
    const refused = await rename(workspaceUrl, 'Three');
    expect([refused.status, refused.body.error?.code]).toEqual([403, 'TENANT_SUSPENDED']);
    expect((await api.get(workspaceUrl)).status).toBe(200);
    expect((await api.patch(tenantUrl, { body: { status: 'active' } })).status).toBe(200);
    expect((await rename(workspaceUrl, `Round ${round}`)).status).toBe(200);
  }
});

test('a change of plan holds for the next request, also when its answer was a replay', async () => {
  const { tenantUrl, workspaceUrl } = await newWorkspace();
  const starter = await quotaOf(workspaceUrl);
  const headers = { 'idempotency-key': `plan-${workspaceUrl}` };
  await api.patch(tenantUrl, { body: { plan: 'pro' }, headers });
  expect(await quotaOf(workspaceUrl)).toBeGreaterThan(starter);
  const replay = await api.patch(tenantUrl, { body: { plan: 'pro' }, headers });
  expect([replay.status, replay.headers.get('x-idempotency-replayed')]).toEqual([200, 'true']);
  await api.patch(tenantUrl, { body: { plan: 'starter' } });
  expect(await quotaOf(workspaceUrl)).toBe(starter);
});

test('a deleted tenant is refused by the next request, and an undeleted one is back', async () => {
  const { tenantUrl, workspaceUrl } = await newWorkspace();
  expect((await rename(workspaceUrl, 'Two')).status).toBe(200);
  expect((await api.remove(tenantUrl)).status).toBe(200);
  expect((await rename(workspaceUrl, 'Three')).status).toBeGreaterThanOrEqual(400);
  expect((await api.post(`${tenantUrl}/undelete`)).status).toBe(200);
  expect((await rename(workspaceUrl, 'Four')).status).toBe(200);
});
