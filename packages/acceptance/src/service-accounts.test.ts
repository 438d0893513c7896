import { API_KEY_PATTERN } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { as, call, platform } from './api.ts';

// A program that belongs to the organization: it acts with keys of its own, and none of them does more than it may.

test('a service account acts by its keys, and stops with the next request when it is disabled or deleted', async () => {
  const { get, post, patch, remove } = await as('owner');
  const account = await post('/v1/service-accounts', { body: { name: 'Night load', role: 'general:read' } });
  expect(account.status, JSON.stringify(account.body)).toBe(201);
  const { id } = account.body;
  const path = `/v1/service-accounts/${id}`;

  const made = await post('/v1/api-keys', {
    body: { name: 'Night load', role: 'general:read', expiresIn: '7d', serviceAccountId: id },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const { key: token } = made.body;
  expect(token).toMatch(API_KEY_PATTERN);
  expect(token).toMatch(/^bps_/);
  const use = async () => (await call('GET', '/v1/tenants', { token })).status;

  // Through every gateway, so that each of them keeps a passport.
  for (const _ of platform.urls) expect(await use()).toBe(200);
  expect((await call('GET', '/v1/me', { token })).body.principal).toMatchObject({
    id: made.body.id,
    ownerId: id,
  });
  const write = await call('POST', '/v1/tenants', { token, body: {} });
  expect([write.status, write.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);

  expect((await patch(path, { body: { status: 'disabled' } })).body.status).toBe('disabled');
  for (const _ of platform.urls) expect(await use()).toBe(401);
  expect((await patch(path, { body: { status: 'active' } })).body.status).toBe('active');
  for (const _ of platform.urls) await expect.poll(use).toBe(200);

  expect((await remove(path)).status).toBe(200);
  for (const _ of platform.urls) expect(await use()).toBe(401);
  expect((await get(`/v1/api-keys/${made.body.id}`)).status).toBe(404);
});

test('nobody makes a service account that may do more than they may', async () => {
  const { post, remove } = await as('owner');
  const body = { name: 'Helper', role: 'admin:write', permissions: ['serviceAccounts:write', 'keys:write'] };
  const maker = await post('/v1/api-keys', { body: { ...body, expiresIn: '7d' } });
  const { id, key: token } = maker.body;
  for (const wanted of [
    { name: 'Stronger', role: 'admin:write' },
    { name: 'Stronger', role: 'general:read', permissions: ['tenants:read'] },
  ]) {
    const refused = await call('POST', '/v1/service-accounts', { token, body: wanted });
    expect([refused.status, refused.body.error?.code]).toEqual([403, 'PERMISSION_CEILING']);
  }
  await remove(`/v1/api-keys/${id}`);
});
