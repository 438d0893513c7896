import { withClient } from '@plinth/embedded';
import { elapsed, startTestProxy, type TestProxy } from '@plinth/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Place, roleName } from '../placement/place.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import { createLoginPools, type LoginPools, type Work } from './login-pools.ts';
import { createPace, type Pace } from './pace.ts';
import type { Statement } from './statement.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let workspaces: TestWorkspaces;
let proxy: TestProxy;
let place: Place;
let neighbour: Place;
let pools: LoginPools;

const statement = (text: string, ...values: string[]): Statement => ({ text, values });

/** Of what is thought to take no time. */
const pace = (): Pace => {
  const known = createPace();
  known.took(0);
  return known;
};

interface Asked extends Omit<Work, 'context'> {
  claims?: string;
  at?: Place;
}

async function read(one: Statement, { claims = '{}', at = place, ...work }: Asked = {}) {
  const context = {
    role: roleName(at, 'member'),
    claims,
    isReadOnly: true,
    statementTimeoutMs: 10_000,
    lockTimeoutMs: 3_000,
    method: 'GET',
    path: '/rows/items',
    correlationId: 'corr-1234',
  };
  const [row] = await pools.run(at, 'api', [one], { context, pace: pace(), ...work });
  return row;
}

const item = (id: number) =>
  statement(`select id::text, pg_backend_pid()::text from ${place.schema}.items where id = $1::int`, `${id}`);
const slow = (seconds: number) => statement('select pg_sleep($1::float)::text', String(seconds));

const BUSY = statement('select null from pg_sleep(0.05)');

const isRunning = async (query: string): Promise<boolean> => {
  const rows = await workspaces.query(
    `select 1 from pg_stat_activity where usename like 'ws_%' and state = 'active' and query like '${query}%'`,
  );
  return rows.length > 0;
};

/** They go together when one of the two connections, which are busy, is back. */
async function together<T>(reads: () => Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
  const busy = [read(BUSY), read(BUSY)];
  const asked = reads();
  const settled = await Promise.allSettled(asked);
  await Promise.all(busy);
  return settled;
}

beforeAll(async () => {
  workspaces = await createTestWorkspaces();
  proxy = await startTestProxy(workspaces.url);
  place = await workspaces.add([
    'create table items (id int primary key)',
    'insert into items select generate_series(1, 300)',
    'create table locked (id int primary key)',
    'create table changed (id int primary key)',
    'insert into changed values (1)',
    `create function lingers() returns text language sql as $$ select set_config('timezone', 'Asia/Tokyo', false) $$`,
  ]);
  neighbour = await workspaces.add([]);
});

function begin(queueMs = 20_000): void {
  const clusters = new Map([['test', { url: proxy.url }]]);
  pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, queueMs, log: silent });
}

afterEach(() => pools.close());

afterAll(async () => {
  await proxy.close();
  await workspaces.drop();
});

it('answers each of many its own row, over a few connections', async () => {
  begin();
  const rows = await Promise.all(Array.from({ length: 300 }, (_, index) => read(item(index + 1))));
  expect(rows.map((row) => row?.[0])).toEqual(Array.from({ length: 300 }, (_, index) => String(index + 1)));
  expect(new Set(rows.map((row) => row?.[1])).size).toBeLessThanOrEqual(2);
});

it('has less under way of each of several: what is, everybody waits for', async () => {
  begin();
  await read(statement('select 1'), { at: neighbour });
  const rows = await Promise.all(Array.from({ length: 300 }, (_, index) => read(item(index + 1))));
  expect(rows.map((row) => row?.[0])).toEqual(Array.from({ length: 300 }, (_, index) => String(index + 1)));
  expect(new Set(rows.map((row) => row?.[1])).size).toBe(1);
});

it('keeps what goes together apart: settings, refusals, and what is not there', async () => {
  begin();
  const claims = statement(
    "select current_setting('request.jwt.claims'), current_setting('transaction_read_only')",
  );
  const outcomes = await together(() => [
    read(claims, { claims: '{"sub":"a"}' }),
    read(statement('select 1 / $1::int', '0')),
    read(statement('delete from items')),
    read(statement('select nothing')),
    read(claims, { claims: '{"sub":"b"}' }),
    read(item(1_000)),
  ]);
  expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.code))).toEqual([
    ['{"sub":"a"}', 'on'],
    'INVALID_VALUE',
    'READ_ONLY',
    'COLUMN_NOT_FOUND',
    ['{"sub":"b"}', 'on'],
    [],
  ]);
});

it('answers those behind one that is held up, long before it', async () => {
  begin();
  await Promise.all([read(item(1)), read(item(2))]);
  const order: string[] = [];
  const held = statement(`select id::text from ${place.schema}.locked`);
  await withClient(workspaces.url, async (client) => {
    await client.query('begin');
    await client.query(`lock table ${place.schema}.locked`);
    await together(() => [
      read(held).catch(({ code }) => order.push(code)),
      read(held).catch(({ code }) => order.push(code)),
      ...Array.from({ length: 10 }, (_, index) => read(item(index + 1)).then(() => order.push('row'))),
    ]);
  });
  expect(order).toEqual([...Array(10).fill('row'), 'LOCKED', 'LOCKED']);
});

it('gives up the one whose caller has left, and no other', async () => {
  begin();
  const left = new Error('left');
  const leaving = new AbortController();
  const outcomes = together(() => [
    read(slow(20), { signal: leaving.signal }),
    ...Array.from({ length: 10 }, (_, index) => read(item(index + 1))),
  ]);
  await expect.poll(() => isRunning('select pg_sleep')).toBe(true);
  leaving.abort(left);
  const [first, ...others] = await outcomes;
  expect(first).toEqual({ status: 'rejected', reason: left });
  expect(others.map(({ status }) => status)).toEqual(Array(10).fill('fulfilled'));
});

it('prepares again what a change of a table made stale', async () => {
  begin();
  const all = statement(`select * from ${place.schema}.changed where id = $1`, '1');
  const four = () => together(() => [read(all), read(all), read(all), read(all)]);
  await four();
  await workspaces.query(`alter table ${place.schema}.changed add column more text default 'new'`);
  expect(await four()).toEqual(Array(4).fill({ status: 'fulfilled', value: ['1', 'new'] }));
});

it('leaves a session that one of them has changed', async () => {
  begin();
  const zone = statement("select current_setting('timezone')");
  const outcomes = await together(() => [
    read(statement(`select ${place.schema}.lingers()`)),
    ...Array.from({ length: 10 }, () => read(zone)),
  ]);
  const [, ...zones] = outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.code));
  expect(zones).toEqual(Array(10).fill(['UTC']));
});

it('is told of a connection that breaks, and the next are served', async () => {
  begin();
  const outcomes = together(() => [read(slow(20)), ...Array.from({ length: 10 }, () => read(item(1)))]);
  await expect.poll(() => isRunning('select pg_sleep')).toBe(true);
  await workspaces.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${place.schema}_api' and query like 'select pg_sleep%'`,
  );
  const [first, ...others] = await outcomes;
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'DATABASE_UNAVAILABLE' } });
  const codes = others.map((one) => (one.status === 'rejected' ? one.reason.code : 'answered'));
  for (const code of codes) expect(['answered', 'DATABASE_UNAVAILABLE']).toContain(code);
  expect(await read(item(1))).toEqual(['1', expect.any(String)]);
});

it('waits no longer for a connection than anything else does', async () => {
  proxy.freeze();
  begin(1_000);
  const asked = Promise.allSettled(Array.from({ length: 40 }, () => read(item(1))));
  expect(await elapsed(() => asked)).toBeLessThan(5_000);
  proxy.thaw();
  const codes = (await asked).map((one) => (one.status === 'rejected' ? one.reason.code : 'answered'));
  for (const code of codes) expect(['OVERLOADED', 'DATABASE_UNAVAILABLE']).toContain(code);
});
