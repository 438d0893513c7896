import { expect, test } from 'vitest';
import { type Answer, as, call, platform, uniqueSlug } from './api.ts';

test('what is left of the limits is what the gateway has just counted', async () => {
  const { get } = await as('owner');
  for (const _ of [1, 2]) {
    const { status, body, headers } = await get('/v1/me/limits');
    expect(status).toBe(200);
    const said = body.rates.map(
      ({ policy, remaining, resetSeconds }: Record<string, unknown>) =>
        `"${policy}";r=${remaining};t=${resetSeconds}`,
    );
    expect(said).toHaveLength(2);
    expect(headers.get('ratelimit')).toBe(said.join(', '));
  }
});

test('a refusal is explained before it happens, as it happens', async () => {
  const { post } = await as('viewer');
  const operation = { method: 'POST', path: '/v1/tenants' };
  const explained = await post('/v1/authz/explain', {
    body: { operation },
    headers: { 'idempotency-key': null },
  });
  expect(explained.status).toBe(200);
  const { status, headers, body } = await post('/v1/tenants', { body: {} });
  expect([status, body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
  expect(headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="tenants:write"');
  const { permission, held, heldBy, rolesWithIt, keyRolesWithIt, whoCanGrant, advice } = body.error.details;
  expect(explained.body).toMatchObject({
    allowed: false,
    operation: 'tenant.create',
    permission,
    held,
    heldBy,
    rolesWithIt,
    keyRolesWithIt,
    whoCanGrant,
    advice,
    reasons: [{ code: 'PERMISSION_DENIED', message: body.error.message }],
  });
});

test('a tenant counts when something in it is explained', async () => {
  const { post, patch } = await as('owner');
  const body = { slug: uniqueSlug('explained'), displayName: 'Explained', adminEmail: 'admin@example.com' };
  const { id: tenantId } = (await post('/v1/tenants', { body })).body;
  const explain = async () =>
    (await post('/v1/authz/explain', { body: { operation: 'workspace.create', tenantId } })).body;
  expect(await explain()).toMatchObject({ allowed: true });
  await patch(`/v1/tenants/${tenantId}`, { body: { status: 'suspended' } });
  expect(await explain()).toMatchObject({ allowed: false, reasons: [{ code: 'TENANT_SUSPENDED' }] });
});

test('a key that is limited to a tenant finds nothing else, in any dialect, and is told so', async () => {
  const { post } = await as('owner');
  const [own, other] = await Promise.all(
    ['own', 'other'].map(async (name) => {
      const slug = uniqueSlug(name);
      const tenant = { slug, displayName: name, plan: 'starter', adminEmail: 'admin@example.com' };
      const { id: tenantId } = (await post('/v1/tenants', { body: tenant })).body;
      const workspace = { tenantId, slug, displayName: name };
      return { tenantId, workspaceId: (await post('/v1/workspaces', { body: workspace })).body.id };
    }),
  );
  const limits = { role: 'admin:write', expiresIn: '7d', tenantIds: [own?.tenantId] };
  const made = await post('/v1/api-keys', { body: { name: 'Limited', ...limits } });
  const token: string = made.body.key;
  const get = (path: string) => call('GET', path, { token });
  const idsOf = ({ body }: Answer) => body.data.map(({ id }: { id: string }) => id);

  expect(idsOf(await get('/v1/tenants'))).toEqual([own?.tenantId]);
  expect(idsOf(await get(`/api/v1/organizations/${platform.organizationId}/tenants`))).toEqual([
    own?.tenantId,
  ]);
  expect(idsOf(await get('/v1/workspaces'))).toEqual([own?.workspaceId]);
  const typed = async (workspaceId: string) => {
    const input = encodeURIComponent(JSON.stringify({ workspaceId }));
    return (await get(`/trpc/tenancy/workspace.get?input=${input}`)).status;
  };
  expect((await get(`/v1/workspaces/${own?.workspaceId}`)).status).toBe(200);
  expect(await typed(own?.workspaceId)).toBe(200);
  expect((await get(`/v1/workspaces/${other?.workspaceId}`)).status).toBe(404);
  expect(await typed(other?.workspaceId)).toBe(404);
  expect((await get(`/v1/tenants/${other?.tenantId}`)).status).toBe(404);

  const refused = await call('POST', '/v1/tenants', { token, body: {} });
  expect([refused.status, refused.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
  expect(refused.body.error.details).toMatchObject({
    reason: 'reach',
    reach: { tenantIds: [own?.tenantId] },
  });
  const explain = async (body: object) => (await call('POST', '/v1/authz/explain', { token, body })).body;
  expect(await explain({ operation: 'tenant.create' })).toMatchObject({
    allowed: false,
    heldBy: { kind: 'apiKey', role: 'admin:write' },
    reasons: [{ message: refused.body.error.message }],
  });
  expect(await explain({ operation: 'workspace.get', workspaceId: own?.workspaceId })).toMatchObject({
    allowed: true,
  });
  expect((await get('/v1/me')).body).toMatchObject({
    principal: { kind: 'apiKey', name: 'Limited' },
    organization: { id: platform.organizationId, role: 'owner' },
    credential: { role: 'admin:write', reach: { tenantIds: [own?.tenantId], workspaceIds: [] } },
    plan: 'starter',
  });
  expect((await get('/v1/me/limits')).body).toMatchObject({
    plan: 'starter',
    rates: [{ policy: 'principal' }, { policy: 'tenant', remaining: expect.any(Number) }],
    quotas: [{ name: 'tenants' }, { name: 'workspaces', limit: 10 }],
  });
});
