import { API_KEY_PATTERN, permissionsOf, readApiKey } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiKeys, createApiKeys } from '../testing/api-keys.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';

let identity: Identity;
let keys: ApiKeys;
beforeAll(async () => {
  identity = await startIdentity();
  keys = createApiKeys(identity);
});
afterAll(() => identity.close());

const DAY_MS = 24 * 3_600_000;
const CI = { name: 'CI', role: 'ci', expiresIn: '7d' };
type Caller = ReturnType<ApiKeys['member']>;
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const send = (caller: Caller, method: Method, path = '', payload?: object) =>
  identity.send(caller, { method, url: `/v1/api-keys${path}`, ...(payload && { payload }) });

const fieldsOf = (body: { error: { details: { fields: { path: string; message: string }[] } } }) =>
  body.error.details.fields.map(({ path }) => path);

describe('creating', () => {
  test('answers 201 with the key, once, and all that is known of it', async () => {
    const owner = keys.member('owner', { email: 'ada@example.test' });
    const { status, headers, body } = await send(owner, 'POST', '', CI);
    expect(status, JSON.stringify(body)).toBe(201);
    expect(headers).toMatchObject({ location: `/v1/api-keys/${body.id}`, 'cache-control': 'no-store' });
    const { key, ...item } = body;
    expect(key).toMatch(API_KEY_PATTERN);
    expect(item).toMatchObject({
      name: 'CI',
      role: 'ci',
      permissions: permissionsOf('ci'),
      tenantIds: null,
      workspaceIds: null,
      allowedCidrs: null,
      notBefore: null,
      ownerId: owner.id,
      createdBy: 'ada@example.test',
      lastUsedAt: null,
      rotatingUntil: null,
      status: 'active',
      display: `bpk_live_${readApiKey(key)?.id}_…`,
      warnings: [],
      etag: '"1"',
    });
    expect((Date.parse(item.expiresAt) - Date.now()) / DAY_MS).toBeCloseTo(7, 2);
    expect((await send(owner, 'GET', `/${item.id}`)).body).toEqual(item);
    expect((await send(owner, 'GET')).body.data).toEqual([item]);
  });

  test('warns of a key that never expires', async () => {
    const key = await keys.create(keys.member(), { expiresIn: 'never' });
    expect(key.expiresAt).toBeNull();
    expect(key.warnings).toEqual([{ code: 'NEVER_EXPIRES', message: expect.any(String) }]);
  });

  test('is retried under its idempotency key and finds the same key', async () => {
    const owner = keys.member();
    const request = { method: 'POST', url: '/v1/api-keys', payload: CI } as const;
    const headers = { 'idempotency-key': 'make-me-once' };
    const first = await identity.send(owner, { ...request, headers });
    const second = await identity.send(owner, { ...request, headers });
    expect(second.body).toEqual(first.body);
    expect(second.headers['x-idempotency-replayed']).toBe('true');
  });

  test.each([
    ['no end', { name: 'A', role: 'ci' }, ['expiresIn']],
    ['two ends', { ...CI, expiresAt: '2030-01-01T00:00:00Z' }, ['expiresAt']],
    ['an end in the past', { name: 'A', role: 'ci', expiresAt: '2020-01-01T00:00:00Z' }, ['expiresAt']],
    ['an end too far ahead', { name: 'A', role: 'ci', expiresAt: '2099-01-01T00:00:00Z' }, ['expiresAt']],
    ['a beginning after its end', { ...CI, notBefore: '2099-01-01T00:00:00Z' }, ['notBefore']],
    ['another role', { ...CI, role: 'root' }, ['role']],
    [
      'a permission beyond the role',
      { ...CI, permissions: ['tenants:read', 'rows:read'] },
      ['permissions.1'],
    ],
    ['no permission at all', { ...CI, permissions: [] }, ['permissions']],
    ['a permission twice', { ...CI, permissions: ['tenants:read', 'tenants:read'] }, ['permissions']],
    ['what is no network', { ...CI, allowedCidrs: ['192.0.2.0/33', '::/0'] }, ['allowedCidrs.0']],
    ['what is no tenant', { ...CI, tenantIds: ['acme'] }, ['tenantIds.0']],
    ['no name, and what nobody knows', { role: 'ci', expiresIn: '7d', colour: 'red' }, ['name', 'colour']],
  ])('with %s is a 400 that names the field', async (_, payload, paths) => {
    const { status, body } = await send(keys.member(), 'POST', '', payload);
    expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(fieldsOf(body)).toEqual(paths);
  });

  test('for places that the organization has not names them', async () => {
    const owner = keys.member();
    const [own, other] = [keys.tenantOf(owner), keys.tenantOf(keys.member())];
    const workspace = keys.workspaceOf(other);
    identity.tenancy.missing = new Set([other, workspace]);
    const { body } = await send(owner, 'POST', '', {
      ...CI,
      tenantIds: [own, other],
      workspaceIds: [workspace],
    });
    expect(fieldsOf(body)).toEqual(['tenantIds.1', 'workspaceIds.0']);
  });
});

test('a deleted key is gone at once, for whoever asks and whoever shows it', async () => {
  const owner = keys.member();
  const made = await keys.create(owner);
  expect((await keys.exchange(made.key)).principal).toBe(made.id);
  const { status, headers, body } = await send(owner, 'DELETE', `/${made.id}`);
  expect([status, body.status]).toEqual([200, 'deleted']);
  expect(headers['x-plinth-revoked']).toBe(`key:${made.id}`);
  expect(await keys.refusal(made.key)).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
  for (const method of ['GET', 'DELETE'] as const) {
    const again = await send(owner, method, `/${made.id}`);
    expect([again.status, again.body.error.code]).toEqual([404, 'API_KEY_NOT_FOUND']);
  }
  expect((await send(owner, 'GET')).body.data).toEqual([]);
});
