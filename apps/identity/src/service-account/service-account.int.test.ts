import { type Caller, newId, permissionsOf } from '@plinth/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiKeys, createApiKeys } from '../testing/api-keys.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';

let identity: Identity;
let keys: ApiKeys;
beforeAll(async () => {
  identity = await startIdentity();
  keys = createApiKeys(identity);
});
afterAll(() => identity.close());
beforeEach(() => {
  identity.tenancy.locate = () => ({});
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const send = (caller: Caller, method: Method, path = '', payload?: object) =>
  identity.send(caller, { method, url: `/v1/service-accounts${path}`, ...(payload && { payload }) });

async function create(caller: Caller, more: object = {}) {
  const { status, body } = await send(caller, 'POST', '', { name: 'Loader', role: 'general:write', ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

const codeOf = (body: { error: { code: string } }) => body.error.code;

describe('a service account', () => {
  test('is made, listed, shown, changed and deleted', async () => {
    const owner = keys.member('owner', { email: 'ada@example.test' });
    const made = await create(owner, { description: 'Loads orders.' });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^sva_/),
      name: 'Loader',
      description: 'Loads orders.',
      role: 'general:write',
      permissions: permissionsOf('general:write'),
      tenantIds: null,
      workspaceIds: null,
      status: 'active',
      createdBy: 'ada@example.test',
      lastUsedAt: null,
      lastUsedFrom: null,
      etag: '"1"',
    });
    expect((await send(owner, 'GET', `/${made.id}`)).body).toEqual(made);
    expect((await send(owner, 'GET')).body.data).toEqual([made]);
    expect((await send(owner, 'PATCH', `/${made.id}`, {})).body).toEqual(made);
    const changed = await send(owner, 'PATCH', `/${made.id}`, { name: 'Night loader', description: null });
    expect(changed.body).toMatchObject({ name: 'Night loader', description: null, etag: '"2"' });
    expect((await send(owner, 'DELETE', `/${made.id}`)).status).toBe(200);
    const gone = await send(owner, 'GET', `/${made.id}`);
    expect([gone.status, codeOf(gone.body)]).toEqual([404, 'SERVICE_ACCOUNT_NOT_FOUND']);
    expect((await send(owner, 'GET')).body.data).toEqual([]);
  });

  test('is another organization’s as little as one that never was', async () => {
    const made = await create(keys.member());
    const stranger = keys.member();
    for (const id of [made.id, newId('serviceAccount')]) {
      for (const [method, payload] of [['GET'], ['PATCH', { name: 'Mine' }], ['DELETE']] as const) {
        const { status, body } = await send(stranger, method, `/${id}`, payload);
        expect([status, codeOf(body)], method).toEqual([404, 'SERVICE_ACCOUNT_NOT_FOUND']);
      }
      const key = { name: 'A', role: 'ci', expiresIn: '7d', serviceAccountId: id };
      const refused = await identity.send(stranger, { method: 'POST', url: '/v1/api-keys', payload: key });
      expect(codeOf(refused.body)).toBe('SERVICE_ACCOUNT_NOT_FOUND');
    }
  });

  test('is never stronger than its maker, nor made so', async () => {
    const weak = keys.member('admin', { permissions: ['serviceAccounts:write', 'workspaces:read'] });
    const refused = await send(weak, 'POST', '', { name: 'A', role: 'general:write' });
    expect([refused.status, codeOf(refused.body)]).toEqual([403, 'PERMISSION_CEILING']);
    const within = await create(weak, { permissions: ['workspaces:read'] });
    const widened = await send(weak, 'PATCH', `/${within.id}`, { permissions: null });
    expect(codeOf(widened.body)).toBe('PERMISSION_CEILING');
  });

  test('is refused for all that is wrong with it at once, made or changed', async () => {
    const owner = keys.member();
    const made = await create(owner, { role: 'ci' });
    const tenantIds = [newId('tenant')];
    identity.tenancy.missing.add(tenantIds[0] ?? '');
    const wrong = { role: 'ci', permissions: ['rows:read'], tenantIds };
    for (const { status, body } of [
      await send(owner, 'POST', '', { name: 'A', ...wrong }),
      await send(owner, 'PATCH', `/${made.id}`, wrong),
    ]) {
      expect(status).toBe(400);
      const paths = body.error.details.fields.map((field: { path: string }) => field.path);
      expect(paths).toEqual(['permissions.0', 'tenantIds.0']);
    }
  });

  test.each([
    ['another role', { role: 'root' }, 'role'],
    ['a permission beyond its role', { role: 'ci', permissions: ['rows:read'] }, 'permissions.0'],
    ['no name', { name: ' ' }, 'name'],
    ['an unknown field', { owner: 'me' }, 'owner'],
  ])('with %s is refused by field', async (_, more, path) => {
    const { status, body } = await send(keys.member(), 'POST', '', { name: 'A', role: 'ci', ...more });
    expect(status).toBe(400);
    expect(body.error.details.fields.map((field: { path: string }) => field.path)).toEqual([path]);
  });
});

describe('a key of a service account', () => {
  async function account(more: object = {}, key: object = {}) {
    const owner = keys.member();
    const made = await create(owner, more);
    const held = await keys.create(owner, { role: 'general:write', serviceAccountId: made.id, ...key });
    return { owner, made, held };
  }

  test('acts for it, whatever becomes of who made them', async () => {
    const { owner, made, held } = await account();
    expect(held.key).toMatch(/^bps_live_/);
    expect(held.ownerId).toBe(made.id);
    keys.setRole(owner, undefined);
    const { caller, subjects } = await keys.exchange(held.key);
    expect(caller).toMatchObject({
      kind: 'apiKey',
      id: held.id,
      ownerId: made.id,
      organizationId: owner.organizationId,
      permissions: permissionsOf('general:write'),
    });
    expect(subjects).toContain(`membership:${made.id}`);
  });

  test('holds what both hold, as the account is now', async () => {
    const { owner, made, held } = await account({}, { permissions: ['rows:read', 'rows:write'] });
    await send(owner, 'PATCH', `/${made.id}`, { role: 'general:read' });
    expect((await keys.exchange(held.key)).caller.permissions).toEqual(['rows:read']);
  });

  test('reaches what both reach', async () => {
    const owner = keys.member();
    const [a, b, c] = [keys.tenantOf(owner), keys.tenantOf(owner), keys.tenantOf(owner)];
    const made = await create(owner, { tenantIds: [a, b] });
    const held = await keys.create(owner, {
      role: 'general:write',
      serviceAccountId: made.id,
      tenantIds: [b, c],
    });
    identity.tenancy.locate = ({ scope }) =>
      scope.tenantId === undefined
        ? {}
        : { tenant: { id: scope.tenantId, plan: 'starter', suspended: false } };
    const { caller } = await keys.exchange(held.key, { scope: { tenantId: b } });
    expect(caller.reach).toEqual({ tenantIds: [b], workspaceIds: [] });
    for (const tenantId of [a, c]) {
      expect(await keys.refusal(held.key, { scope: { tenantId } })).toMatchObject({
        status: 404,
        code: 'TENANT_NOT_FOUND',
      });
    }
  });

  test('opens nothing while it is disabled, and nothing any more once it is deleted', async () => {
    const { owner, made, held } = await account();
    await send(owner, 'PATCH', `/${made.id}`, { status: 'disabled' });
    expect(await keys.refusal(held.key)).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    await send(owner, 'PATCH', `/${made.id}`, { status: 'active' });
    expect((await keys.exchange(held.key)).caller.id).toBe(held.id);
    const deleted = await send(owner, 'DELETE', `/${made.id}`);
    expect(deleted.headers['x-plinth-revoked']).toBe(`membership:${made.id}`);
    expect(await keys.refusal(held.key)).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    const listed = await identity.send(owner, { method: 'GET', url: `/v1/api-keys?ownerId=${made.id}` });
    expect(listed.body.data).toEqual([]);
  });

  test('may be rotated by whoever holds as much', async () => {
    const { owner, held } = await account();
    const colleague = keys.member('admin', { organizationId: owner.organizationId });
    const rotate = (caller: Caller) =>
      identity.send(caller, { method: 'POST', url: `/v1/api-keys/${held.id}/rotate`, payload: {} });
    const rotated = await rotate(colleague);
    expect(rotated.status, JSON.stringify(rotated.body)).toBe(200);
    expect((await keys.exchange(rotated.body.key)).caller.id).toBe(held.id);
    const weak = keys.member('admin', {
      organizationId: owner.organizationId,
      permissions: ['keys:write', 'rows:read'],
    });
    expect(codeOf((await rotate(weak)).body)).toBe('PERMISSION_CEILING');
  });

  test('is told as the last use of both', async () => {
    const { owner, made, held } = await account();
    await keys.exchange(held.key, { clientAddress: '192.0.2.9' });
    await identity.deps.usage.flush();
    const { body } = await send(owner, 'GET', `/${made.id}`);
    expect(body).toMatchObject({ lastUsedFrom: '192.0.2.9', lastUsedAt: expect.any(String) });
  });
});
