import { setTimeout as sleep } from 'node:timers/promises';
import { isFullSize } from '@plinth/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Place, roleName } from '../placement/place.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import type { RequestContext } from './context.ts';
import { createLoginPools, type LoginPools } from './login-pools.ts';
import type { Row } from './one-sync.ts';
import type { TakeRows } from './row-stream.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const MANY = isFullSize ? 1_000_000 : 50_000;

let workspaces: TestWorkspaces;
let place: Place;
let pools: LoginPools;

const stream = (
  text: string,
  take: TakeRows,
  more: Partial<RequestContext> & { signal?: AbortSignal } = {},
) => {
  const { signal, ...given } = more;
  const context: RequestContext = {
    role: roleName(place, 'member'),
    claims: '{}',
    isReadOnly: true,
    statementTimeoutMs: 60_000,
    lockTimeoutMs: 100,
    method: 'GET',
    path: '/',
    correlationId: 'corr-1234',
    ...given,
  };
  return pools.stream(place, 'api', { text, values: [] }, { context, signal }, take);
};

async function collect(text: string): Promise<Row[]> {
  const all: Row[] = [];
  await stream(text, async (rows) => {
    all.push(...rows);
  });
  return all;
}

/** That the one connection is as it was. */
const next = () =>
  expect(collect('select current_user::text, 1::text')).resolves.toEqual([[roleName(place, 'member'), '1']]);

beforeAll(async () => {
  workspaces = await createTestWorkspaces();
  place = await workspaces.add();
  const clusters = new Map([['test', { url: workspaces.url }]]);
  pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, maxPerLogin: 1, log: silent });
});

afterAll(async () => {
  pools.close();
  await workspaces.drop();
});

it.each([0, 1, 49, 50, 51, 3_000])('hands on all of %i rows, in order', async (count) => {
  const rows = await collect(`select i::text from generate_series(1, ${count}) i`);
  expect(rows).toEqual(Array.from({ length: count }, (_, index) => [`${index + 1}`]));
});

it('never holds many of them, however slowly they are taken', async () => {
  const wide = `select json_build_object('id', i, 'text', repeat('x', 200))::text from generate_series(1, ${MANY}) i`;
  const before = process.memoryUsage().rss;
  let [taken, most, atOnce] = [0, 0, 0];
  await stream(wide, async (rows) => {
    atOnce += 1;
    expect(atOnce).toBe(1);
    taken += rows.length;
    most = Math.max(most, process.memoryUsage().rss - before);
    await sleep(0);
    atOnce -= 1;
  });
  expect(taken).toBe(MANY);
  expect(most).toBeLessThan(100 * 2 ** 20);
});

it('asks for the next rows while some are taken, and for no more than those', async () => {
  const counter = `${place.schema}.counter`;
  await workspaces.query(
    `create sequence ${counter}; grant usage on sequence ${counter} to ${roleName(place, 'member')}`,
  );
  const sent = async () =>
    Number((await workspaces.query(`select last_value from ${counter}`))[0]?.last_value);
  const ahead: number[] = [];
  let taken = 0;
  const take: TakeRows = async (rows) => {
    taken += rows.length;
    if (taken > 50) return;
    await vi.waitUntil(async () => (await sent()) > taken, { timeout: 20_000 });
    for (let looks = 0; looks < 5; looks++) ahead.push(await sent());
  };
  await stream(`select nextval('${counter}')::text from generate_series(1, 20000)`, take, {
    isReadOnly: false,
  });
  expect(taken).toBe(20_000);
  expect(Math.max(...ahead)).toBeLessThanOrEqual(50 + 5_000);
});

it('ends with what the statement is refused for, before or amid its rows', async () => {
  await expect(collect('select * from nowhere')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
  let taken = 0;
  const failing = stream('select (1 / (2000 - i))::text from generate_series(1, 3000) i', async (rows) => {
    taken += rows.length;
  });
  await expect(failing).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  expect(taken).toBeGreaterThan(0);
  await next();
});

it('ends with what the next rows are refused for, though nobody takes the last', async () => {
  const asked = stream(
    'select (1 / (60 - i))::text from generate_series(1, 3000) i',
    () => new Promise(() => undefined),
  );
  await expect(asked).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  await next();
});

it('ends when whoever takes the rows fails', async () => {
  const failed = stream('select i::text from generate_series(1, 100000) i', async () => {
    throw new Error('the file is full');
  });
  await expect(failed).rejects.toThrow('the file is full');
  await next();
});

it.each([
  ['nobody takes rows any more', 'select i::text from generate_series(1, 100000) i'],
  ['the next rows take long', 'select i::text, pg_sleep(i / 51 * 60)::text from generate_series(1, 99) i'],
])('ends when the caller leaves, though %s', async (_, text) => {
  const leaving = new AbortController();
  const left = new Error('left');
  const asked = stream(
    text,
    () => {
      leaving.abort(left);
      return new Promise(() => undefined);
    },
    { signal: leaving.signal },
  );
  await expect(asked).rejects.toBe(left);
  await next();
});

it('ends when it takes longer than it may', async () => {
  const asked = stream(
    'select i::text, pg_sleep(0.01)::text from generate_series(1, 1000) i',
    async () => undefined,
    {
      statementTimeoutMs: 300,
    },
  );
  await expect(asked).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
  await next();
});
