import { randomBytes } from 'node:crypto';
import { createClient } from '@plinth/client';
import { API_KEY_PATTERN, type KeyRole, newApiKeyParts, readApiKey, writeApiKey } from '@plinth/contracts';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, as, call, gatewayUrl, platform, uniqueSlug } from './api.ts';

// API keys from their making to their end, as the people and programs see it that use them.

type Api = Awaited<ReturnType<typeof as>>;
let owner: Api;
beforeAll(async () => {
  owner = await as('owner');
});

const made: string[] = [];
afterEach(async () => {
  for (const id of made.splice(0)) await owner.remove(`/v1/api-keys/${id}`);
});

interface Made {
  id: string;
  key: string;
  answer: Answer;
}

async function makeKey(role: KeyRole, more: object = {}, by = owner): Promise<Made> {
  const answer = await by.post('/v1/api-keys', {
    body: { name: `Acceptance ${role}`, role, expiresIn: '7d', ...more },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  const { id, key } = answer.body;
  made.push(id);
  return { id, key, answer };
}

/** The API as a program sees it that has this key. */
function withKey(key: string): Api {
  const request: (method: string) => Api['get'] =
    (method) =>
    (path, more = {}) =>
      call(method, path, { token: key, ...more });
  return {
    get: request('GET'),
    post: request('POST'),
    put: request('PUT'),
    patch: request('PATCH'),
    remove: request('DELETE'),
  };
}

const newTenant = () => ({
  slug: uniqueSlug('keyed'),
  displayName: 'Keyed',
  plan: 'starter',
  adminEmail: 'a@example.com',
});

const parts = () => ({ owner: 'member', stage: 'test', ...newApiKeyParts(randomBytes) }) as const;

const codeOf = ({ status, body }: Answer) => [status, body.error?.code];
const REFUSED = [401, 'TOKEN_INVALID'];

test('a key is shown once, works in every dialect however it is shown, and ends with its deletion', async () => {
  const { id, key, answer } = await makeKey('general:write', { name: 'Terraform integration' });
  expect(key).toMatch(API_KEY_PATTERN);
  expect(readApiKey(key)).toMatchObject({ owner: 'member' });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('location')).toBe(`/v1/api-keys/${id}`);

  const { key: _, ...shown } = answer.body;
  expect((await owner.get(`/v1/api-keys/${id}`)).body).toEqual(shown);
  const { data } = (await owner.get('/v1/api-keys')).body;
  expect(data.find((each: { id: string }) => each.id === id)).toMatchObject({
    name: 'Terraform integration',
    createdBy: platform.users.owner.email,
    createdAt: expect.any(String),
    expiresAt: expect.any(String),
    lastUsedAt: null,
    status: 'active',
  });
  expect(JSON.stringify(data)).not.toContain(key);

  const ways = [
    { authorization: `Bearer ${key}` },
    { authorization: `Api-Key ${key}` },
    { 'x-api-key': key },
  ];
  const organization = `/api/v1/organizations/${platform.organizationId}`;
  const input = encodeURIComponent(JSON.stringify({}));
  for (const headers of ways) {
    for (const path of [
      '/v1/tenants',
      '/v1/me',
      `${organization}/tenants`,
      `/trpc/tenancy/tenant.list?input=${input}`,
    ]) {
      const { status, body } = await call('GET', path, { headers });
      expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
    }
  }

  expect((await owner.remove(`/v1/api-keys/${id}`)).status).toBe(200);
  for (const headers of ways) expect(codeOf(await call('GET', '/v1/tenants', { headers }))).toEqual(REFUSED);
  expect((await owner.get(`/v1/api-keys/${id}`)).status).toBe(404);
});

test('the typed client takes a key in place of a sign-in', async () => {
  const { id, key } = await makeKey('general:read');
  const client = createClient({ url: gatewayUrl(), auth: { apiKey: key }, retries: 0 });
  expect((await client.tenancy.tenant.list.query({})).data).toBeInstanceOf(Array);
  await owner.remove(`/v1/api-keys/${id}`);
  await expect(client.tenancy.tenant.list.query({})).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
});

test('a deleted key is refused by the very next request, whatever it was doing', async () => {
  for (let round = 0; round < 5; round++) {
    const { id, key } = await makeKey('general:read');
    const program = withKey(key);
    // Through every gateway, so that each of them keeps a passport.
    for (const _ of platform.urls) expect((await program.get('/v1/tenants')).status).toBe(200);
    expect((await owner.remove(`/v1/api-keys/${id}`)).status).toBe(200);
    for (const _ of platform.urls) expect(codeOf(await program.get('/v1/tenants'))).toEqual(REFUSED);
  }
});

test('a key deletes itself, and its own next request is refused', async () => {
  const { id, key } = await makeKey('admin:write');
  const program = withKey(key);
  expect((await program.remove(`/v1/api-keys/${id}`)).status).toBe(200);
  expect(codeOf(await program.get('/v1/tenants'))).toEqual(REFUSED);
});

test('a rotated key goes on under both secrets for as long as was asked for, and under one without that', async () => {
  const { id, key: first } = await makeKey('general:read');
  const works = async (key: string) => (await withKey(key).get('/v1/tenants')).status;
  expect(await works(first)).toBe(200);
  const rotate = async (overlapSeconds: number): Promise<string> => {
    const answer = await owner.post(`/v1/api-keys/${id}/rotate`, { body: { overlapSeconds } });
    expect(answer.body).toMatchObject({ id, status: overlapSeconds ? 'rotating' : 'active' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    return answer.body.key;
  };
  const second = await rotate(3_600);
  expect(second).not.toBe(first);
  expect([await works(first), await works(second)]).toEqual([200, 200]);
  const third = await rotate(0);
  expect([await works(first), await works(second), await works(third)]).toEqual([401, 401, 200]);
});

test('the same request again is answered with the same key, and makes no second one', async () => {
  const headers = { 'idempotency-key': uniqueSlug('make-key') };
  const { id, key } = await makeKey(
    'general:read',
    {},
    { ...owner, post: (path, more) => owner.post(path, { ...more, headers }) },
  );
  const body = { name: 'Acceptance general:read', role: 'general:read', expiresIn: '7d' };
  const replay = await owner.post('/v1/api-keys', { body, headers });
  expect(replay.headers.get('x-idempotency-replayed')).toBe('true');
  expect([replay.body.id, replay.body.key]).toEqual([id, key]);
});

test('whoever finds a key can end it, and learns nothing by that', async () => {
  const { id, key } = await makeKey('general:read');
  const program = withKey(key);
  for (const _ of platform.urls) expect((await program.get('/v1/tenants')).status).toBe(200);
  const report = (keys: string[], headers = {}) =>
    call('POST', '/v1/api-keys/report', { body: { keys }, headers });
  const madeUp = await report(['nothing of ours', writeApiKey({ ...parts(), id: '000000000000' })]);
  const found = await report([`https://example.com/?k=${key}`, key], { authorization: `Bearer ${key}` });
  expect([madeUp.status, found.status]).toEqual([202, 202]);
  expect(found.body).toEqual(madeUp.body);
  for (const _ of platform.urls) expect(codeOf(await program.get('/v1/tenants'))).toEqual(REFUSED);
  expect((await owner.get(`/v1/api-keys/${id}`)).body.status).toBe('leaked');
});

describe('what a key may do', () => {
  const writes = ['POST', '/v1/tenants', newTenant()] as const;
  const managesKeys = [
    'POST',
    '/v1/api-keys',
    { name: 'Mine', role: 'schema-only', expiresIn: '7d' },
  ] as const;
  const readsTenants = ['GET', '/v1/tenants', undefined] as const;
  const readsKeys = ['GET', '/v1/api-keys', undefined] as const;

  test.each([
    ['admin:write', [readsTenants, readsKeys], []],
    ['admin:read', [readsTenants, readsKeys], [writes, managesKeys]],
    ['general:write', [readsTenants], [readsKeys, managesKeys]],
    ['general:read', [readsTenants], [writes, readsKeys, managesKeys]],
    ['ci', [readsTenants], [writes, readsKeys, managesKeys]],
    ['schema-only', [readsTenants], [writes, readsKeys, managesKeys]],
  ] as const)('%s', async (role, allowed, denied) => {
    const { key } = await makeKey(role);
    for (const [method, path, body] of allowed)
      expect((await call(method, path, { token: key, body })).status, `${method} ${path}`).toBe(200);
    for (const [method, path, body] of denied) {
      const answer = await call(method, path, { token: key, body });
      expect(codeOf(answer), `${method} ${path}`).toEqual([403, 'PERMISSION_DENIED']);
      const { permission, keyRolesWithIt, whoCanGrant } = answer.body.error.details;
      expect(permission).toMatch(/^(tenants|keys):(read|write)$/);
      expect(keyRolesWithIt).not.toContain(role);
      expect(whoCanGrant).toBeTruthy();
      expect(answer.headers.get('www-authenticate')).toContain(`scope="${permission}"`);
    }
  });

  test('is never more than who makes it may', async () => {
    const viewer = await as('viewer');
    const body = { name: 'Stronger', role: 'admin:write', expiresIn: '7d' };
    expect(codeOf(await viewer.post('/v1/api-keys', { body }))).toEqual([403, 'PERMISSION_DENIED']);

    const { key } = await makeKey('admin:write', {
      permissions: ['keys:write', 'keys:read', 'tenants:read'],
      expiresIn: '30d',
    });
    const program = withKey(key);
    const stronger = await program.post('/v1/api-keys', { body });
    expect(codeOf(stronger)).toEqual([403, 'PERMISSION_CEILING']);
    expect(stronger.body.error.details.beyond.permissions).toContain('tenants:write');
    await makeKey('schema-only', { permissions: ['tenants:read'] }, program);
    const everywhen = { ...body, role: 'schema-only', permissions: ['tenants:read'], expiresIn: 'never' };
    expect(codeOf(await program.post('/v1/api-keys', { body: everywhen }))).toEqual([
      403,
      'PERMISSION_CEILING',
    ]);
  });

  test('ends where it is limited to: other tenants are not there', async () => {
    const tenants = [
      await owner.post('/v1/tenants', { body: newTenant() }),
      await owner.post('/v1/tenants', { body: newTenant() }),
    ];
    const [mine, other] = tenants.map(({ body }) => String(body.id));
    const { key } = await makeKey('admin:write', { tenantIds: [mine] });
    const program = withKey(key);
    expect((await program.get(`/v1/tenants/${mine}`)).status).toBe(200);
    expect(codeOf(await program.get(`/v1/tenants/${other}`))).toEqual([404, 'TENANT_NOT_FOUND']);
    expect((await program.patch(`/v1/tenants/${other}`, { body: { displayName: 'X' } })).status).toBe(404);
    const { data } = (await program.get('/v1/tenants')).body;
    expect(data.map(({ id }: { id: string }) => id)).toEqual([mine]);
    expect((await program.post('/v1/tenants', { body: newTenant() })).status).toBe(403);
  });

  test('ends with its organization', async () => {
    const { key } = await makeKey('admin:write');
    const program = withKey(key);
    const elsewhere = `/api/v1/organizations/${platform.otherOrganizationId}/tenants`;
    expect((await program.get(elsewhere)).status).toBe(404);
    const headers = { 'x-organization-id': platform.otherOrganizationId };
    expect((await program.get('/v1/tenants', { headers })).status).toBe(404);
    const stranger = await as('stranger');
    expect(codeOf(await stranger.remove(`/v1/api-keys/${made[0]}`))).toEqual([404, 'API_KEY_NOT_FOUND']);
  });
});

describe('a bad key', () => {
  async function badKeys(): Promise<[name: string, key: string][]> {
    const { key: good } = await makeKey('general:read');
    const known = readApiKey(good);
    if (!known) throw new Error('a key that was made is a key');
    const { id: deletedId, key: deleted } = await makeKey('general:read');
    await owner.remove(`/v1/api-keys/${deletedId}`);
    const later = new Date(Date.now() + 3_600_000).toISOString();
    return [
      ['malformed', good.slice(0, -1)],
      ['mistyped', good.slice(0, -6) + (good.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA')],
      ['unknown', writeApiKey(parts())],
      ['with the wrong secret', writeApiKey({ ...parts(), id: known.id, stage: known.stage })],
      ['of another stage', writeApiKey({ ...known, stage: known.stage === 'live' ? 'test' : 'live' })],
      ['of another kind of owner', writeApiKey({ ...known, owner: 'serviceAccount' })],
      ['deleted', deleted],
      ['not yet valid', (await makeKey('general:read', { notBefore: later })).key],
      ['from the wrong address', (await makeKey('general:read', { allowedCidrs: ['192.0.2.0/24'] })).key],
    ];
  }

  test('is refused alike, whatever is wrong with it', async () => {
    const answers = new Set<string>();
    for (const [name, key] of await badKeys()) {
      const headers = { 'x-correlation-id': 'the-same-correlation' };
      const answer = await withKey(key).get('/v1/tenants', { headers });
      expect(codeOf(answer), name).toEqual(REFUSED);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="plinth", error="invalid_token"');
      const { timestamp: _, ...error } = answer.body.error;
      answers.add(JSON.stringify([error, [...answer.headers.keys()].sort()]));
    }
    expect([...answers]).toHaveLength(1);
  });

  test('is refused where two are sent, and in a query', async () => {
    const { key } = await makeKey('general:read');
    const both = await withKey(key).get('/v1/tenants', { headers: { 'x-api-key': key } });
    expect(codeOf(both)).toEqual([400, 'AMBIGUOUS_CREDENTIALS']);
    expect(codeOf(await call('GET', `/v1/tenants?apikey=${key}`))).toEqual([400, 'CREDENTIAL_IN_QUERY']);
    const cookie = await fetch(`${gatewayUrl()}/api/v1/organizations`, { headers: { cookie: `key=${key}` } });
    expect(cookie.status).toBe(401);
  });
});
