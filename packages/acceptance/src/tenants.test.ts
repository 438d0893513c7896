import { expect, test } from 'vitest';
import { as, platform, uniqueSlug } from './api.ts';

const newTenant = () => ({
  slug: uniqueSlug('acme'),
  displayName: 'Acme Corporation',
  plan: 'starter',
  adminEmail: 'admin@acme.example.com',
});

test('a tenant and a workspace, from creation to deletion and back', async () => {
  const { get, post, patch, remove } = await as('owner');
  const created = await post('/v1/tenants', { body: newTenant() });
  expect(created.status).toBe(201);
  const tenantId: string = created.body.id;
  const tenantUrl = created.headers.get('location') ?? '';
  expect((await get(tenantUrl)).body).toEqual(created.body);

  const workspace = await post('/v1/workspaces', {
    body: {
      tenantId,
      slug: 'dev-environment',
      displayName: 'Development Environment',
      capabilities: ['postgres', 'mongo', 'kafka', 'storage'],
    },
  });
  expect(workspace.status).toBe(201);
  expect(workspace.body).toMatchObject({ tenantId, environmentType: 'development' });
  const workspaceUrl = `/v1/workspaces/${workspace.body.id}`;
  expect((await get(workspaceUrl)).headers.get('etag')).toBe(workspace.body.etag);
  expect((await get(`/v1/workspaces?tenantId=${tenantId}`)).body.data).toEqual([workspace.body]);

  const changed = await patch(workspaceUrl, {
    body: { capabilities: ['postgres'] },
    headers: { 'if-match': workspace.body.etag },
  });
  expect(changed.body.capabilities).toEqual(['postgres']);
  const stale = await patch(workspaceUrl, {
    body: { displayName: 'X' },
    headers: { 'if-match': workspace.body.etag },
  });
  expect([stale.status, stale.body.error.code]).toEqual([412, 'PRECONDITION_FAILED']);

  expect((await remove(tenantUrl)).body.status).toBe('deleted');
  expect((await get(workspaceUrl)).status).toBe(410);
  expect((await post(`${tenantUrl}/undelete`)).body.status).toBe('active');
  expect((await get(workspaceUrl)).status).toBe(200);
  expect((await remove(workspaceUrl)).body.status).toBe('deleted');
});

test('the organization dialect shows the same tenants', async () => {
  const { get, post } = await as('owner');
  const { body } = await post('/v1/tenants', { body: newTenant() });
  const base = `/api/v1/organizations/${platform.organizationId}/tenants`;
  const one = await get(`${base}/${body.id}`);
  expect(one.body.data).toMatchObject({ id: body.id, display_name: body.displayName });
  const page = await get(`${base}?limit=1`);
  expect(page.body.meta).toMatchObject({ has_more: expect.any(Boolean), request_id: expect.any(String) });
  expect((await get(`${base}/tnt_none`)).body).toMatchObject({
    error: { code: 'NOT_FOUND', field_errors: [], details: { code: 'TENANT_NOT_FOUND' } },
  });
});

test('a viewer reads and may not write, and is told what is missing', async () => {
  const { get, post } = await as('viewer');
  expect((await get('/v1/tenants')).status).toBe(200);
  const { status, body } = await post('/v1/tenants', { body: newTenant() });
  expect(status).toBe(403);
  expect(body.error).toMatchObject({
    code: 'PERMISSION_DENIED',
    details: { permission: 'tenants:write', role: 'viewer' },
  });
  expect(body.error.details.rolesWithIt).toContain('owner');
});

test('a member of several organizations must say which, by header or path', async () => {
  const { get } = await as('shared');
  const unsaid = await get('/v1/tenants');
  expect([unsaid.status, unsaid.body.error.code]).toEqual([400, 'ORGANIZATION_REQUIRED']);
  const headers = { 'x-organization-id': platform.organizationId };
  expect((await get('/v1/tenants', { headers })).status).toBe(200);
  expect((await get(`/api/v1/organizations/${platform.otherOrganizationId}/tenants`)).status).toBe(200);
  expect((await get('/v1/tenants', { headers: { 'x-organization-id': 'org_none' } })).status).toBe(404);
});

test('somebody without an organization is told so, and can make one while sign-ups are open', async () => {
  const { get, post } = await as('outsider');
  const before = await get('/v1/tenants');
  expect([before.status, before.body.error.code]).toEqual([403, 'NOT_A_MEMBER']);
  const made = await post('/api/v1/organizations', {
    body: { slug: uniqueSlug('mine'), display_name: 'Mine' },
  });
  expect(made.status).toBe(201);
  const { body } = await get(`/api/v1/organizations/${made.body.data.id}`);
  expect(body.data).toMatchObject({ id: made.body.data.id, role: 'owner' });
});

test('a hundred parallel requests with one key are one tenant', async () => {
  const { get, post } = await as('owner');
  const body = newTenant();
  const headers = { 'idempotency-key': `key-${body.slug}` };
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => post('/v1/tenants', { body, headers })),
  );
  const created = answers.filter(({ status }) => status === 201);
  expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
  expect(new Set(created.map((answer) => answer.body.id)).size).toBe(1);
  const replay = await post('/v1/tenants', { body, headers });
  expect(replay.headers.get('x-idempotency-original-request-id')).toBeTruthy();
  expect(Date.parse(replay.headers.get('x-idempotency-expires') ?? '')).toBeGreaterThan(Date.now());
  expect([replay.status, replay.headers.get('x-idempotency-replayed')]).toEqual([201, 'true']);
  expect(replay.body).toEqual(created[0]?.body);
  const reused = await post('/v1/tenants', { body: { ...body, displayName: 'Other' }, headers });
  expect([reused.status, reused.body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
  const { body: page } = await get('/v1/tenants?limit=100');
  expect(page.data.filter(({ slug }: { slug: string }) => slug === body.slug)).toHaveLength(1);
});

test('callers who prefer to wait are all answered with the one tenant', async () => {
  const { post } = await as('owner');
  const body = newTenant();
  const headers = { 'idempotency-key': `key-${body.slug}`, prefer: 'wait=20' };
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('/v1/tenants', { body, headers })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
  const replays = answers.filter((answer) => answer.headers.get('x-idempotency-replayed') === 'true');
  expect(replays).toHaveLength(19);
});
