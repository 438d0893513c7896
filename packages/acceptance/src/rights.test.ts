import { expect, test } from 'vitest';
import { as, uniqueSlug } from './api.ts';

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
