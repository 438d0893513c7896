import {
  API_KEY_PATTERN,
  type AuditEvent,
  newId,
  ORGANIZATION_LIMITS,
  permissionsOf,
  readApiKey,
} from '@plinth/contracts';
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

describe('the ceiling', () => {
  test('of a member is its role, of a key what it holds, until when, and from where', async () => {
    const owner = keys.member();
    const made = await keys.create(owner, {
      role: 'admin:write',
      permissions: ['keys:write', 'tenants:read'],
      allowedCidrs: ['192.0.2.0/24'],
      expiresIn: '7d',
    });
    const { caller } = await keys.exchange(made.key);
    const { status, body } = await send(caller, 'POST', '', { ...CI, expiresIn: '30d' });
    expect([status, body.error.code]).toEqual([403, 'PERMISSION_CEILING']);
    expect(body.error.details).toEqual({
      beyond: {
        permissions: permissionsOf('ci').filter((permission) => permission !== 'tenants:read'),
        allowedCidrs: ['0.0.0.0/0', '::/0'],
        expiresAt: made.expiresAt,
      },
      held: ['tenants:read', 'keys:write'],
      whoCanGrant: 'an owner or admin of the organization',
      advice: 'do it in your place, or give you a role that has the rest',
    });
    const within = {
      permissions: ['tenants:read' as const],
      allowedCidrs: ['192.0.2.7'],
      expiresIn: undefined,
    };
    const child = await keys.create(caller, { ...within, role: 'ci', expiresAt: made.expiresAt ?? '' });
    expect(child).toMatchObject({ ownerId: owner.id, permissions: ['tenants:read'] });
  });

  test('holds for what a key can do after a change, and whose it is does not matter', async () => {
    const owner = keys.member();
    const strong = await keys.create(owner, { role: 'admin:write', expiresIn: '1y' });
    const weak = await keys.create(owner, { role: 'admin:write', permissions: ['keys:write', 'keys:read'] });
    const { caller } = await keys.exchange(weak.key);
    const update = await send(caller, 'PATCH', `/${strong.id}`, { name: 'Mine' });
    expect([update.status, update.body.error.code]).toEqual([403, 'PERMISSION_CEILING']);
    const rotate = await send(caller, 'POST', `/${strong.id}/rotate`, {});
    expect([rotate.status, rotate.body.error.code]).toEqual([403, 'PERMISSION_CEILING']);
    const itself = await send(caller, 'PATCH', `/${weak.id}`, { permissions: null });
    expect([itself.status, itself.body.error.code]).toEqual([403, 'PERMISSION_CEILING']);
    expect((await send(caller, 'DELETE', `/${strong.id}`)).status).toBe(200);
  });

  test('of a credential for one tenant is that tenant', async () => {
    const owner = keys.member();
    const tenantId = keys.tenantOf(owner);
    const { status, body } = await send({ ...owner, tenantId }, 'POST', '', CI);
    expect([status, body.error.details.beyond]).toEqual([403, { reach: 'all' }]);
    expect((await send({ ...owner, tenantId }, 'POST', '', { ...CI, tenantIds: [tenantId] })).status).toBe(
      201,
    );
  });

  test('a key is rotated by its owner alone', async () => {
    const owner = keys.member();
    const { organizationId } = owner;
    const admin = keys.member('admin', organizationId === undefined ? {} : { organizationId });
    const made = await keys.create(owner);
    const { status, body } = await send(admin, 'POST', `/${made.id}/rotate`, {});
    expect([status, body.error.code]).toEqual([403, 'PERMISSION_CEILING']);
    expect((await send(admin, 'PATCH', `/${made.id}`, { name: 'Known' })).body.name).toBe('Known');
  });

  test('a key that was deleted meanwhile makes nothing', async () => {
    const owner = keys.member();
    const made = await keys.create(owner, { role: 'admin:write' });
    const { caller } = await keys.exchange(made.key);
    await send(owner, 'DELETE', `/${made.id}`);
    const { status, body } = await send(caller, 'POST', '', CI);
    expect([status, body.error.code]).toEqual([401, 'TOKEN_REVOKED']);
  });
});

describe('listing', () => {
  test('goes page by page, the newest first, and by status and maker', async () => {
    const owner = keys.member('owner', { email: 'ada@example.test' });
    const { organizationId = '' } = owner;
    const grace = keys.member('admin', { organizationId, email: 'grace@example.test' });
    const made = [];
    for (const maker of [owner, grace, owner]) made.unshift((await keys.create(maker)).id);
    const [newest, ofGrace, oldest] = made;
    const scheduled = await keys.create(owner, { notBefore: new Date(Date.now() + 3_600_000).toISOString() });
    await send(owner, 'POST', `/${oldest}/rotate`, {});
    await identity.database.query('update api_key set expires_at = now() where id = $1', [newest]);

    const list = async (query = '') => {
      const { status, body } = await send(owner, 'GET', query);
      expect(status, JSON.stringify(body)).toBe(200);
      return body;
    };
    const idsOf = async (query: string) => (await list(query)).data.map(({ id }: { id: string }) => id);
    const first = await list('?limit=3');
    expect(first.data.map(({ status }: { status: string }) => status)).toEqual([
      'scheduled',
      'expired',
      'active',
    ]);
    const second = await list(`?limit=3&cursor=${encodeURIComponent(first.pagination.nextCursor)}`);
    expect(second.data.map(({ id }: { id: string }) => id)).toEqual([oldest]);
    expect(await idsOf('?status=scheduled')).toEqual([scheduled.id]);
    expect(await idsOf('?status=rotating')).toEqual([oldest]);
    expect(await idsOf('?status=expired')).toEqual([newest]);
    expect(await idsOf('?status=active&createdBy=GRACE@example.test')).toEqual([ofGrace]);
    expect((await send(keys.member(), 'GET')).body.data).toEqual([]);
  });
});

describe('changing', () => {
  test('nothing leaves a key as it is', async () => {
    const owner = keys.member();
    const { key: _, ...made } = await keys.create(owner);
    expect((await send(owner, 'PATCH', `/${made.id}`, {})).body).toMatchObject({
      updatedAt: made.updatedAt,
      etag: made.etag,
    });
  });

  test('what is given, and nothing else', async () => {
    const owner = keys.member();
    const tenantId = keys.tenantOf(owner);
    const made = await keys.create(owner, { role: 'general:write' });
    const { status, headers, body } = await send(owner, 'PATCH', `/${made.id}`, {
      name: 'Other',
      permissions: ['tenants:read', 'rows:write'],
      tenantIds: [tenantId],
      allowedCidrs: ['192.0.2.0/24'],
      expiresIn: 'never',
    });
    expect(status, JSON.stringify(body)).toBe(200);
    const { key: _, ...before } = made;
    expect(body).toEqual({
      ...before,
      name: 'Other',
      permissions: ['tenants:read', 'rows:write'],
      tenantIds: [tenantId],
      allowedCidrs: ['192.0.2.0/24'],
      expiresAt: null,
      warnings: [expect.objectContaining({ code: 'NEVER_EXPIRES' })],
      updatedAt: expect.any(String),
      etag: '"2"',
    });
    expect(headers['x-plinth-revoked']).toBe(`key:${made.id}`);
    const lifted = { permissions: null, tenantIds: null, allowedCidrs: null, expiresAt: made.expiresAt };
    expect((await send(owner, 'PATCH', `/${made.id}`, lifted)).body).toMatchObject({
      permissions: permissionsOf('general:write'),
      tenantIds: null,
      allowedCidrs: null,
      warnings: [],
    });
  });

  test.each([
    ['a role', { role: 'admin:write' }, ['role']],
    ['a permission beyond the role', { permissions: ['keys:write'] }, ['permissions.0']],
    ['a beginning after the end', { notBefore: '2099-01-01T00:00:00Z' }, ['notBefore']],
  ])('%s is a 400 that names the field', async (_, payload, paths) => {
    const owner = keys.member();
    const { status, body } = await send(owner, 'PATCH', `/${(await keys.create(owner)).id}`, payload);
    expect([status, fieldsOf(body)]).toEqual([400, paths]);
  });

  test('of a version that is gone is refused', async () => {
    const owner = keys.member();
    const { id } = await keys.create(owner);
    const headers = { 'if-match': '"7"' };
    for (const [method, path] of [
      ['PATCH', ''],
      ['POST', '/rotate'],
      ['DELETE', ''],
    ] as const) {
      const url = `/v1/api-keys/${id}${path}`;
      const { status } = await identity.send(owner, { method, url, headers, payload: {} });
      expect(status).toBe(412);
    }
  });
});

describe('rotating', () => {
  test('gives another secret; the one of before works until its time is over', async () => {
    const owner = keys.member();
    const made = await keys.create(owner);
    const { status, headers, body } = await send(owner, 'POST', `/${made.id}/rotate`, { overlapSeconds: 30 });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({
      id: made.id,
      status: 'rotating',
      permissions: made.permissions,
      etag: '"2"',
    });
    expect(body.key).not.toBe(made.key);
    expect(body.display).toContain(readApiKey(body.key)?.id);
    const asked = Date.now() / 1_000;
    const [before, after] = [await keys.exchange(made.key), await keys.exchange(body.key)];
    expect(before.caller).toEqual(after.caller);
    expect(before.expiresAt).toBeLessThanOrEqual(Date.now() / 1_000 + 30);
    expect(after.expiresAt).toBeGreaterThan(asked + 50);
    await identity.database.query(
      'update api_key_secret set valid_until = now() where key_id = $1 and valid_until is not null',
      [made.id],
    );
    expect(await keys.refusal(made.key)).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    expect((await keys.exchange(body.key)).principal).toBe(made.id);
    expect((await send(owner, 'GET', `/${made.id}`)).body).toMatchObject({
      status: 'active',
      rotatingUntil: null,
    });
  });

  test('with no overlap ends all secrets of before at once, and a day is the overlap unless said', async () => {
    const owner = keys.member();
    const made = await keys.create(owner);
    const second = (await send(owner, 'POST', `/${made.id}/rotate`, {})).body;
    expect((Date.parse(second.rotatingUntil) - Date.now()) / DAY_MS).toBeCloseTo(1, 2);
    const third = (await send(owner, 'POST', `/${made.id}/rotate`, { overlapSeconds: 0 })).body;
    for (const { key } of [made, second]) expect((await keys.refusal(key)).status).toBe(401);
    expect((await keys.exchange(third.key)).principal).toBe(made.id);
  });

  test('for longer than a week is a 400', async () => {
    const owner = keys.member();
    const { id } = await keys.create(owner);
    const { body } = await send(owner, 'POST', `/${id}/rotate`, { overlapSeconds: 604_801 });
    expect(fieldsOf(body)).toEqual(['overlapSeconds']);
  });
});

test('an organization has so many keys and no more', async () => {
  const owner = keys.member();
  await identity.database.query(
    `insert into api_key (id, organization_id, owner_id, name, role)
     select 'key_' || $1 || n, $1, $2, 'Filler', 'ci' from generate_series(1, $3::int) n`,
    [owner.organizationId, owner.id, ORGANIZATION_LIMITS.apiKeys],
  );
  const { status, body } = await send(owner, 'POST', '', CI);
  expect([status, body.error.code]).toEqual([403, 'QUOTA_EXCEEDED']);
  expect(body.error.details).toEqual({ quota: 'apiKeys', limit: ORGANIZATION_LIMITS.apiKeys });
});

test('every change is an audit entry and an event, without the key', async () => {
  const owner = keys.member();
  const made = await keys.create(owner, { role: 'ci' });
  const rotated = (await send(owner, 'POST', `/${made.id}/rotate`, {})).body;
  await send(owner, 'PATCH', `/${made.id}`, { name: 'Other' });
  await send(owner, 'DELETE', `/${made.id}`);
  const rows = await identity.database.query<{ kind: string; payload: AuditEvent & { type: string } }>(
    `select kind, payload from outbox where organization_id = $1 and kind <> 'revocation' order by id`,
    [owner.organizationId],
  );
  const audits = rows.filter(({ kind }) => kind === 'audit').map(({ payload }) => payload);
  expect(audits.map(({ action }) => action)).toEqual([
    'apiKey.create',
    'apiKey.rotate',
    'apiKey.update',
    'apiKey.remove',
  ]);
  expect(audits[2]).toMatchObject({
    actor: { kind: 'member', id: owner.id },
    target: { kind: 'apiKey', id: made.id },
    changes: { name: { from: 'A key', to: 'Other' } },
  });
  const events = rows.filter(({ kind }) => kind === 'event').map(({ payload }) => payload.type);
  expect(events).toEqual(['apiKey.created', 'apiKey.rotated', 'apiKey.updated', 'apiKey.deleted']);
  for (const { key } of [made, rotated]) expect(JSON.stringify(rows)).not.toContain(readApiKey(key)?.secret);
});

test("another organization's key is as absent as one that never was", async () => {
  const made = await keys.create(keys.member());
  const stranger = keys.member();
  for (const id of [made.id, newId('apiKey')]) {
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate'],
    ] as const) {
      const { status, body } = await send(
        stranger,
        method,
        `/${id}${path}`,
        method === 'GET' ? undefined : {},
      );
      expect([status, body.error.code]).toEqual([404, 'API_KEY_NOT_FOUND']);
    }
  }
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
