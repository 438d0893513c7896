import { type Caller, HEADERS } from '@plinth/contracts';
import { createDatabase, type Database } from '@plinth/database';
import { testMember } from '@plinth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTenant, createWorkspace } from '../testing/fixtures.ts';
import { startTenancy, type Tenancy } from '../testing/harness.ts';

// What an idempotency key does for a caller of a service, over each of its protocols.

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let tenancy: Tenancy;
let database: Database;
beforeAll(async () => {
  tenancy = await startTenancy();
  database = createDatabase({ url: tenancy.databaseUrl, log: silent });
});
afterAll(async () => {
  await database.close();
  await tenancy.close();
});

const ACME = {
  slug: 'acme-corp',
  displayName: 'Acme Corporation',
  plan: 'starter',
  adminEmail: 'admin@acme.example.com',
};

const post = (caller: Caller, key: string, payload: object, headers: Record<string, string> = {}) =>
  tenancy.send(caller, {
    method: 'POST',
    url: '/v1/tenants',
    payload,
    headers: { 'idempotency-key': key, ...headers },
  });

async function auditsOf({ organizationId }: Caller): Promise<unknown[]> {
  const audited = await database.query(
    `select payload->>'action' as action from outbox where kind = 'audit' and organization_id = $1 order by id`,
    [organizationId],
  );
  return audited.map(({ action }) => action);
}

test('a hundred requests with one key take effect once', async () => {
  const owner = await tenancy.newOwner();
  const answers = await Promise.all(Array.from({ length: 100 }, () => post(owner, 'one-key', ACME)));
  const created = answers.filter(({ status }) => status === 201);
  const busy = answers.filter(({ status }) => status === 409);
  expect(created.length + busy.length).toBe(100);
  expect(created.filter(({ headers }) => headers['x-idempotency-replayed'] === undefined)).toHaveLength(1);
  expect(new Set(created.map(({ body }) => body.id)).size).toBe(1);
  expect(new Set(busy.map(({ body }) => body.error.code))).toEqual(new Set(['IDEMPOTENCY_IN_PROGRESS']));
  const { body } = await tenancy.send(owner, { method: 'GET', url: '/v1/tenants' });
  expect(body.data).toHaveLength(1);
});

test('replays status, body and headers, also for a body that is written in another order', async () => {
  const owner = await tenancy.newOwner();
  const first = await post(owner, 'replay-me', ACME);
  const reordered = Object.fromEntries(Object.entries(ACME).reverse());
  const second = await post(owner, 'replay-me', reordered);
  expect([second.status, second.body]).toEqual([first.status, first.body]);
  expect(second.headers).toMatchObject({
    'x-idempotency-replayed': 'true',
    etag: first.headers.etag,
    location: first.headers.location,
  });
});

test('refuses the key with another request, and keeps the keys of callers apart', async () => {
  const [owner, other] = [await tenancy.newOwner(), await tenancy.newOwner()];
  await post(owner, 'shared-key', ACME);
  const reused = await post(owner, 'shared-key', { ...ACME, slug: 'other' });
  expect([reused.status, reused.body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
  expect((await post(other, 'shared-key', ACME)).status).toBe(201);
});

test('takes the key anew in another organization of the same person', async () => {
  const owner = await tenancy.newOwner();
  const elsewhere = await tenancy.newOwner({ id: owner.id });
  for (const caller of [owner, elsewhere]) {
    const { status, body } = await post(caller, 'moved-key', ACME);
    expect([status, body.organizationId]).toEqual([201, caller.organizationId]);
  }
});

test('replays the making of an organization to somebody who belongs to it since', async () => {
  const member = await tenancy.newOwner();
  const { organizationId: _, ...newcomer } = member;
  const request = {
    method: 'POST',
    url: '/api/v1/organizations',
    payload: { slug: `own-${Date.now()}`, display_name: 'My own' },
    headers: { 'idempotency-key': 'own-organization' },
  } as const;
  const first = await tenancy.send(newcomer, request);
  const second = await tenancy.send(member, request);
  expect([second.status, second.body.data]).toEqual([first.status, first.body.data]);
  expect(second.headers['x-idempotency-replayed']).toBe('true');
});

test('stores nothing of a request that was refused', async () => {
  const owner = await tenancy.newOwner();
  expect((await post(owner, 'retry-me', { ...ACME, slug: '-' })).status).toBe(400);
  expect((await post(owner, 'retry-me', ACME)).status).toBe(201);
});

test('holds through /trpc as well, and mutations are never batched', async () => {
  const owner = await tenancy.newOwner();
  const create = (headers: Record<string, string>) =>
    tenancy.send(owner, { method: 'POST', url: '/trpc/tenancy/tenant.create', payload: ACME, headers });
  const first = await create({ 'idempotency-key': 'typed-key' });
  const second = await create({ 'idempotency-key': 'typed-key' });
  expect(second.body).toEqual(first.body);
  expect(second.headers['x-idempotency-replayed']).toBe('true');
  const url = '/trpc/tenancy/tenant.create,tenant.create?batch=1';
  const batch = await tenancy.send(owner, { method: 'POST', url, payload: { 0: ACME, 1: ACME } });
  expect([batch.status, batch.body.error.data.code]).toEqual([400, 'BATCH_NOT_ALLOWED']);
});

test('answers with the rights of now: who lost them gets a 403 and not the old answer', async () => {
  const owner = await tenancy.newOwner();
  expect((await post(owner, 'demoted-key', ACME)).status).toBe(201);
  const demoted = { ...testMember('viewer'), id: owner.id, organizationId: owner.organizationId };
  const { status, body } = await post(demoted, 'demoted-key', ACME);
  expect([status, body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
});

test('says whose answer a replay is, and writes no second audit entry', async () => {
  const owner = await tenancy.newOwner();
  const headers = { 'x-correlation-id': 'corr-of-the-first' };
  await post(owner, 'audited-key', ACME, headers);
  const again = await post(owner, 'audited-key', ACME, { 'x-correlation-id': 'corr-of-the-second' });
  expect(again.headers).toMatchObject({
    'x-idempotency-original-request-id': 'corr-of-the-first',
    'x-correlation-id': 'corr-of-the-second',
  });
  const day = Date.parse(String(again.headers['x-idempotency-expires'])) - Date.now();
  expect(day / 3_600_000).toBeCloseTo(24, 0);
  expect(await auditsOf(owner)).toEqual(['organization.create', 'tenant.create']);
});

test('another version of the API makes it another request', async () => {
  const owner = await tenancy.newOwner();
  await post(owner, 'dated-key', ACME, { 'x-api-version': '2024-01-01' });
  const { status, body } = await post(owner, 'dated-key', ACME, { 'x-api-version': '2026-11-01' });
  expect([status, body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
});

test.each(['two words', '"unclosed', '"one","two"', 'k'.repeat(256)])(
  'the key %.20s is refused',
  async (key) => {
    const { status, body } = await post(await tenancy.newOwner(), key, ACME);
    expect([status, body.error.code]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID']);
  },
);

test('a caller who hangs up finds its effect under the key, and may wait for it', async () => {
  const owner = await tenancy.newOwner();
  const url = await tenancy.app.listen({ host: '127.0.0.1', port: 0 });
  const leaving = new AbortController();
  const left = fetch(`${url}/v1/tenants`, {
    method: 'POST',
    signal: leaving.signal,
    body: JSON.stringify(ACME),
    headers: {
      'content-type': 'application/json',
      'idempotency-key': 'left-key',
      [HEADERS.passport]: await tenancy.keys.passport(owner, 'tenancy'),
    },
  }).catch(() => 'left');

  const waiting = await database.transaction(async (tx) => {
    await tx.query('lock table tenant in share mode');
    // Asked outside the transaction, which would see the activity of its first look again and again.
    const blocked = `select count(*) as count from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await database.query(blocked))[0]?.count).toBe(1);
    leaving.abort();
    expect(await left).toBe('left');
    const patient = post(owner, 'left-key', ACME, { prefer: 'wait=20' });
    expect((await post(owner, 'left-key', ACME)).body.error?.code).toBe('IDEMPOTENCY_IN_PROGRESS');
    return [patient] as const;
  });
  const [held] = await Promise.all(waiting);
  expect(held.status).toBe(201);
  expect(held.headers).toMatchObject({ 'preference-applied': 'wait=20', 'x-idempotency-replayed': 'true' });
});

type Kind = 'tenants' | 'workspaces';
type Request = Parameters<Tenancy['send']>[1];

/** What each verb does, and the version that it leaves. */
const VERBS = { create: 1, update: 2, delete: 2, undelete: 3 } as const;
type Verb = keyof typeof VERBS;

/** A request that can be made, and another one of the same operation. */
async function prepare(owner: Caller, kind: Kind, verb: Verb): Promise<[Request, Request]> {
  const { id: tenantId } = await createTenant(tenancy, owner);
  const make = () =>
    kind === 'tenants' ? createTenant(tenancy, owner) : createWorkspace(tenancy, owner, { tenantId });
  const url = `/v1/${kind}`;
  const [one, two] = [`${url}/${(await make()).id}`, `${url}/${(await make()).id}`];
  const creation = (slug: string): Request => {
    const workspace = { tenantId, slug, displayName: 'New', capabilities: ['postgres'] };
    return { method: 'POST', url, payload: kind === 'tenants' ? { ...ACME, slug } : workspace };
  };
  const change = (of: string): Request => ({ method: 'PATCH', url: of, payload: { displayName: 'New' } });
  const deletion = (of: string): Request => ({ method: 'DELETE', url: of });
  if (verb === 'create') return [creation('one'), creation('two')];
  if (verb === 'update') return [change(one), change(two)];
  if (verb === 'delete') return [deletion(one), deletion(two)];
  for (const deleted of [one, two]) await tenancy.send(owner, deletion(deleted));
  return [
    { method: 'POST', url: `${one}/undelete` },
    { method: 'POST', url: `${two}/undelete` },
  ];
}

const MUTATIONS = (['tenants', 'workspaces'] as const).flatMap((kind) =>
  (['create', 'update', 'delete', 'undelete'] as const).map((verb) => [verb, kind] as const),
);

test.each(MUTATIONS)('to %s %s 50 times at once with one key is to do it once', async (verb, kind) => {
  const owner = await tenancy.newOwner();
  const [request, other] = await prepare(owner, kind, verb);
  const headers = { 'idempotency-key': 'fifty' };
  const before = await auditsOf(owner);
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => tenancy.send(owner, { ...request, headers })),
  );
  const outcomes = answers.map(({ status, body }) => body.error?.code ?? status);
  const done = answers.filter(({ status }) => status < 300);
  expect(new Set(outcomes.filter((outcome) => outcome !== done[0]?.status))).toSatisfy((rest: Set<unknown>) =>
    [...rest].every((code) => code === 'IDEMPOTENCY_IN_PROGRESS'),
  );
  expect(done.filter((answer) => answer.headers['x-idempotency-replayed'] === undefined)).toHaveLength(1);
  expect(new Set(done.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(done[0]?.body.etag).toBe(`"${VERBS[verb]}"`);
  expect(await auditsOf(owner)).toHaveLength(before.length + 1);

  const reused = await tenancy.send(owner, { ...other, headers });
  expect([reused.status, reused.body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
});
