import { setTimeout as sleep } from 'node:timers/promises';
import { closedPort, elapsed, isFullSize, startTestProxy, type TestProxy } from '@plinth/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Place, roleName } from '../placement/place.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import type { RequestContext } from './context.ts';
import { createLoginPools, type LoginPools, type LoginPoolsOptions } from './login-pools.ts';
import type { Statement } from './statement.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

const MANY = isFullSize ? 1_000 : 250;

let workspaces: TestWorkspaces;
let proxy: TestProxy;
let place: Place;
let other: Place;
let pools: LoginPools;

const statement = (text: string, ...values: (string | null)[]): Statement => ({ text, values });
const PID = statement('select pg_backend_pid()::text');
const slow = (seconds: number) => statement('select pg_sleep($1::float)::text', String(seconds));

function contextOf(of: Place, more: Partial<RequestContext> = {}): RequestContext {
  return {
    role: roleName(of, 'member'),
    claims: '{"sub":"usr_1"}',
    isReadOnly: false,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 500,
    method: 'GET',
    path: '/rows/items',
    correlationId: 'corr-1234',
    ...more,
  };
}

interface Ran extends Partial<RequestContext> {
  on?: Place;
  signal?: AbortSignal;
}

async function run(
  one: Statement,
  { on = place, signal, ...more }: Ran = {},
): Promise<readonly (string | null)[]> {
  const [row] = await pools.run(on, 'api', [one], {
    context: contextOf(on, more),
    ...(signal && { signal }),
  });
  return row ?? [];
}

/** Somebody who has a connection for as long as it takes. */
function hold() {
  const leaving = new AbortController();
  const held = run(slow(60), { signal: leaving.signal, statementTimeoutMs: 60_000 }).catch(() => undefined);
  return {
    async end(): Promise<void> {
      leaving.abort();
      await held;
    },
  };
}

function begin(options: Partial<LoginPoolsOptions> & { url?: string; maxConnections?: number } = {}): void {
  const { url = proxy.url, maxConnections, ...rest } = options;
  const clusters = new Map([['test', { url, maxConnections }]]);
  pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, log: silent, ...rest });
}

/** The backends of a workspace's login. */
async function backends(of: Place): Promise<number> {
  const rows = await workspaces.query(
    `select pid from pg_stat_activity where usename = '${of.schema}_api' and backend_type = 'client backend'`,
  );
  return rows.length;
}

const running = async (query: string): Promise<number> => {
  const rows = await workspaces.query(
    `select pid from pg_stat_activity where usename like 'ws_%' and state = 'active' and query like '${query}%'`,
  );
  return rows.length;
};

beforeAll(async () => {
  workspaces = await createTestWorkspaces();
  proxy = await startTestProxy(workspaces.url);
  const items = ['create table items (id int primary key, name text)', "insert into items values (1, 'one')"];
  place = await workspaces.add([
    ...items,
    "create function forgets() returns void language plpgsql as 'begin execute ''deallocate all''; end'",
    `create function lingers() returns text language sql as $$ select set_config('timezone', 'Asia/Tokyo', false) $$`,
  ]);
  other = await workspaces.add(items);
});

afterEach(() => {
  proxy.thaw();
  pools.close();
});

afterAll(async () => {
  await proxy.close();
  await workspaces.drop();
});

describe('how many connections there are', () => {
  it('is limited for a login, and those that idle are closed', async () => {
    begin({ maxPerLogin: 3, idleMs: 1_500 });
    await Promise.all(Array.from({ length: 30 }, () => run(statement('select pg_sleep(0.05)::text'))));
    expect(await backends(place)).toBe(3);
    await expect.poll(() => backends(place)).toBe(0);
    expect(await run(statement("select 'again'"))).toEqual(['again']);
  });

  it('is limited for all logins together: the one that was idle for longest makes room', async () => {
    begin({ maxConnections: 2 });
    await run(PID);
    const [kept] = await run(PID, { on: other });
    const third = await workspaces.add();
    await run(PID, { on: third });
    expect((await run(PID, { on: other }))[0]).toBe(kept);
    await expect.poll(() => backends(place)).toBe(0);
  });

  it('is shared out when it is not enough: who has none gets one from who has many', async () => {
    begin({ maxConnections: 2, queueMs: 10_000 });
    let isOver = false;
    const busy = Array.from({ length: 8 }, async () => {
      while (!isOver) await run(slow(0.02));
    });
    await expect.poll(() => backends(place)).toBe(2);
    expect(await run(PID, { on: other })).toHaveLength(1);
    isOver = true;
    await Promise.all(busy);
  });
});

describe('a caller who cannot be served in time', () => {
  it('is told after a while that there is too much to do', async () => {
    begin({ maxPerLogin: 1, queueMs: 300 });
    const first = hold();
    await expect.poll(() => running('select pg_sleep')).toBe(1);
    const began = performance.now();
    await expect(run(PID)).rejects.toMatchObject({ code: 'OVERLOADED', status: 503, retryAfter: 1 });
    expect(performance.now() - began).toBeGreaterThan(290);
    expect(await running('select pg_sleep')).toBe(1);
    await first.end();
  });

  it.each([
    [
      'nothing listens',
      async () => begin({ url: workspaces.url.replace(/:\d+\//, `:${await closedPort()}/`) }),
    ],
    [
      'nothing answers',
      async () => {
        proxy.freeze();
        begin();
      },
    ],
    ['the login is refused', async () => begin({ passwordOf: () => 'wrong', url: proxy.url })],
  ])('is told within five seconds where %s', async (_, given) => {
    await given();
    const tookMs = await elapsed(() =>
      expect(run(PID)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', status: 503 }),
    );
    expect(tookMs).toBeLessThan(5_000);
  });

  it('is told by the statement timeout', async () => {
    begin({ maxPerLogin: 1 });
    await expect(run(slow(5), { statementTimeoutMs: 200 })).rejects.toMatchObject({
      code: 'STATEMENT_TIMEOUT',
      status: 504,
    });
    expect(await run(statement("select 'next'"))).toEqual(['next']);
  });

  it('is told where the server took the statement and went silent', async () => {
    begin({ maxPerLogin: 1 });
    await run(PID);
    const asked = expect(run(slow(2), { statementTimeoutMs: 3_000 })).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
    await expect.poll(() => running('select pg_sleep')).toBe(1);
    proxy.freeze();
    await asked;
    proxy.thaw();
    expect(await run(statement("select 'next'"))).toEqual(['next']);
  });
});

describe('a caller who leaves', () => {
  it('has the statement given up within a second, and the connection serves on', async () => {
    begin({ maxPerLogin: 1 });
    const [pid] = await run(PID);
    const leaving = new AbortController();
    const asked = run(slow(60), { signal: leaving.signal, statementTimeoutMs: 60_000 });
    await expect.poll(() => running('select pg_sleep')).toBe(1);
    const left = new Error('left');
    leaving.abort(left);
    // A second is what is promised; the rest is for a busy machine.
    expect(await elapsed(() => expect(asked).rejects.toBe(left))).toBeLessThan(5_000);
    expect(await running('select pg_sleep')).toBe(0);
    expect(await run(PID)).toEqual([pid]);
  });

  it('does not wait on in the queue', async () => {
    begin({ maxPerLogin: 1, queueMs: 20_000 });
    const first = hold();
    await expect.poll(() => running('select pg_sleep')).toBe(1);
    const left = new Error('left');
    await expect(run(PID, { signal: AbortSignal.abort(left) })).rejects.toBe(left);
    await first.end();
  });
});

describe('a connection', () => {
  it('that broke is replaced', async () => {
    begin({ maxPerLogin: 1 });
    const [pid] = await run(PID);
    await workspaces.query(`select pg_terminate_backend(${pid})`);
    await expect.poll(() => backends(place)).toBe(0);
    await sleep(50);
    const [next] = await run(PID);
    expect(next).not.toBe(pid);
    const asked = expect(run(slow(60), { statementTimeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    await expect.poll(() => running('select pg_sleep')).toBe(1);
    await workspaces.query(`select pg_terminate_backend(${next})`);
    await asked;
    expect(await run(statement("select 'next'"))).toEqual(['next']);
  });

  it('prepares a statement once, and no more of them than it keeps', async () => {
    begin({ maxPerLogin: 1 });
    const prepared = statement('select count(*)::text from pg_prepared_statements');
    for (let index = 0; index < 3; index++) await run(PID);
    // The settings, this one and that which is asked here.
    expect(await run(prepared)).toEqual(['3']);
    for (let index = 0; index < 300; index++) await run(statement(`select ${index}::text`));
    expect(Number((await run(prepared))[0])).toBeLessThan(260);
  });

  it('prepares again what a change of a table made stale, unseen', async () => {
    begin({ maxPerLogin: 1 });
    const all = statement(`select * from ${place.schema}.items where id = $1`, '1');
    expect(await run(all)).toEqual(['1', 'one']);
    await workspaces.query(`alter table ${place.schema}.items add column more text default 'new'`);
    expect(await run(all)).toEqual(['1', 'one', 'new']);
    expect(await run(all, { isolation: 'serializable' })).toEqual(['1', 'one', 'new']);
    await workspaces.query(`alter table ${place.schema}.items drop column more`);
    expect(await run(all, { isolation: 'serializable' })).toEqual(['1', 'one']);
  });

  it('prepares again what a function of the workspace threw away', async () => {
    begin({ maxPerLogin: 1 });
    await run(PID);
    await run(statement(`select ${place.schema}.forgets()`));
    expect(await run(statement("select 'next'"))).toEqual(['next']);
  });

  it('whose session a function of the workspace has changed is not used again', async () => {
    begin({ maxPerLogin: 1 });
    const [pid] = await run(PID);
    await run(statement(`select ${place.schema}.lingers()`));
    const [zone, next] = await run(statement("select current_setting('timezone'), pg_backend_pid()::text"));
    expect(zone).toBe('UTC');
    expect(next).not.toBe(pid);
  });
});

describe('a transaction of several round trips', () => {
  const transaction = (steps: Parameters<LoginPools['transaction']>[3]) =>
    pools.transaction(place, 'api', { context: contextOf(place) }, steps);
  const insert = (id: number) =>
    statement(`insert into ${place.schema}.items values ($1::int, $2) returning id::text`, String(id), 'x');
  const count = async () => (await run(statement(`select count(*)::text from ${place.schema}.items`)))[0];

  it('is committed when its steps are done', async () => {
    begin();
    const id = await transaction(async (step) => {
      const [row] = await step(insert(10));
      await step(insert(11), insert(12));
      return row;
    });
    expect(id).toEqual(['10']);
    expect(await count()).toBe('4');
    await run(statement(`delete from ${place.schema}.items where id >= 10`));
  });

  it('runs under its context, and is nothing at all where nothing is run', async () => {
    begin({ maxPerLogin: 1 });
    const state = statement("select current_user::text, current_setting('request.jwt.claims')");
    const rows = await transaction(async (step) => [...(await step(state)), ...(await step(state))]);
    expect(rows).toEqual([
      [roleName(place, 'member'), '{"sub":"usr_1"}'],
      [roleName(place, 'member'), '{"sub":"usr_1"}'],
    ]);
    expect(await transaction(async () => 'nothing')).toBe('nothing');
    const told = transaction(async () => {
      throw new Error('before the first step');
    });
    await expect(told).rejects.toThrow('before the first step');
    expect(await count()).toBe('1');
  });

  it('is committed with its last step, or not at all', async () => {
    begin({ maxPerLogin: 1 });
    const last = await transaction(async (step, finish) => {
      await step(insert(30));
      return finish(insert(31), PID);
    });
    expect(last).toEqual([['31'], [expect.stringMatching(/^\d+$/)]]);
    expect(await count()).toBe('3');
    const failed = transaction(async (step, finish) => {
      await step(insert(32));
      await finish(insert(31));
    });
    await expect(failed).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
    expect(await count()).toBe('3');
    await transaction((_, finish) => finish(statement(`delete from ${place.schema}.items where id >= 10`)));
    expect(await count()).toBe('1');
  });

  it('is rolled back when one throws, or what failed was swallowed', async () => {
    begin({ maxPerLogin: 1 });
    const failed = transaction(async (step) => {
      await step(insert(20));
      await step(insert(20));
    });
    await expect(failed).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
    const swallowed = transaction(async (step) => {
      await step(insert(20));
      await step(insert(20)).catch(() => undefined);
    });
    await expect(swallowed).rejects.toThrow('swallowed');
    expect(await count()).toBe('1');
  });
});

describe('many requests that end in every way', () => {
  const ENDINGS: ((index: number) => Promise<unknown>)[] = [
    () => run(PID, { isReadOnly: true }),
    (index) => run(statement(`insert into ${place.schema}.items values ($1::int)`, String(100 + index))),
    () => run(statement(`insert into ${place.schema}.items values (1)`)),
    () => run(statement('select 1 / $1::int', '0')),
    () => run(statement('selec')),
    () => run(statement('select $1::int', 'x'), { isolation: 'serializable' }),
    () => run(PID, { role: 'ws_of_nobody' }),
    () => run(statement('delete from items'), { isReadOnly: true, isolation: 'repeatable-read' }),
    (index) => run(slow(index % 40 === 9 ? 1 : 0), { statementTimeoutMs: 20 }),
    (index) => run(slow(index % 50 === 10 ? 3 : 0), { signal: AbortSignal.timeout(30) }),
    () => run(statement(`select ${place.schema}.forgets()`)),
  ];

  it('leave every connection as it was', async () => {
    begin({ maxPerLogin: 4, queueMs: 30_000 });
    const all = Array.from({ length: MANY }, (_, index) => ENDINGS[index % ENDINGS.length]?.(index));
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(MANY / 5);
    const state =
      statement(`select current_user::text, coalesce(current_setting('request.jwt.claims', true), ''),
      current_setting('transaction_read_only'), current_setting('transaction_isolation'),
      current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('search_path'),
      pg_sleep(1)::text`);
    const states = await Promise.all(Array.from({ length: 4 }, () => pools.run(place, 'api', [state], {})));
    for (const [row] of states) {
      expect(row).toEqual([`${place.schema}_api`, '', 'off', 'read committed', '0', '0', place.schema, '']);
    }
    expect(await backends(place)).toBe(4);
  });
});
