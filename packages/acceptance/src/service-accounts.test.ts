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

test('a service account signs in as itself, and its tokens end with the next request', async () => {
  const { get, post, patch, remove } = await as('owner');
  const { body: account } = await post('/v1/service-accounts', {
    body: { name: 'Night load', role: 'general:read' },
  });
  const path = `/v1/service-accounts/${account.id}`;
  const client = await post(`${path}/client`, { body: {} });
  expect(client.status, JSON.stringify(client.body)).toBe(201);
  const form = {
    grant_type: 'client_credentials',
    client_id: client.body.clientId,
    client_secret: client.body.clientSecret,
  };
  const signIn = (body: object = form) => call('POST', '/v1/auth/token', { body });
  const { status, body: tokens } = await signIn();
  expect(status, JSON.stringify(tokens)).toBe(200);
  const policy = await get('/v1/auth/signups/policy');
  const atIssuer = await fetch(`${policy.body.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const own = JSON.parse(await atIssuer.text());
  const useBy = async (token: string) => (await call('GET', '/v1/tenants', { token })).status;
  const use = () => useBy(tokens.access_token);

  // Through every gateway, so that each of them keeps a passport.
  for (const _ of platform.urls) expect([await use(), await useBy(own.access_token)]).toEqual([200, 200]);
  const me = await call('GET', '/v1/me', { token: tokens.access_token });
  expect(me.body).toMatchObject({
    principal: { id: account.id, kind: 'serviceAccount', name: 'Night load' },
    organization: { id: platform.organizationId, role: 'general:read' },
  });
  const write = await call('POST', '/v1/tenants', { token: tokens.access_token, body: {} });
  expect([write.status, write.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);

  await patch(path, { body: { status: 'disabled' } });
  for (const _ of platform.urls) expect(await use()).toBe(401);
  expect((await signIn()).status).toBe(401);
  await patch(path, { body: { status: 'active' } });
  for (const _ of platform.urls) await expect.poll(use).toBe(200);

  const rotated = await post(`${path}/client/secret`, { body: {} });
  expect((await signIn()).status).toBe(401);
  const next = { ...form, client_secret: rotated.body.clientSecret };
  expect((await signIn(next)).status).toBe(200);
  expect(await use()).toBe(200);

  expect((await remove(`${path}/client`)).status).toBe(200);
  for (const _ of platform.urls) expect([await use(), await useBy(own.access_token)]).toEqual([401, 401]);
  expect((await signIn(next)).status).toBe(401);

  const again = await post(`${path}/client`, { body: {} });
  expect(again.status, JSON.stringify(again.body)).toBe(201);
  const last = await signIn({ ...form, client_secret: again.body.clientSecret });
  expect(await use()).toBe(401);
  for (const _ of platform.urls) expect(await useBy(last.body.access_token)).toBe(200);
  expect((await remove(path)).status).toBe(200);
  for (const _ of platform.urls) expect(await useBy(last.body.access_token)).toBe(401);
});
