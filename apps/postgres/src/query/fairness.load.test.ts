import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Place, roleName } from '../placement/place.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import { createLoginPools, type LoginPools } from './login-pools.ts';

// A workspace that asks for all it can get, beside one that asks now and then. How long that one waits is measured by
// `npm run bench`; here it must wait for its own answers, and not behind those of the other.

const WATCHED_MS = 5_000;
const CALLERS = 64;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let workspaces: TestWorkspaces;
let pools: LoginPools;
let loud: Place;
let quiet: Place;

/** Milliseconds until it was answered. */
async function ask(place: Place): Promise<number> {
  const text = `select json_agg(t)::text from (select * from ${place.schema}.items where id = $1::int) t`;
  const context = {
    role: roleName(place, 'member'),
    claims: '{}',
    isReadOnly: true,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 500,
    method: 'GET',
    path: '/',
    correlationId: 'corr-1234',
  };
  const began = performance.now();
  await pools.run(place, 'api', [{ text, values: ['17'] }], { context });
  return performance.now() - began;
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

beforeAll(async () => {
  workspaces = await createTestWorkspaces();
  const items = [
    'create table items (id int primary key, name text)',
    "insert into items select i, 'name ' || i from generate_series(1, 10000) i",
  ];
  loud = await workspaces.add(items);
  quiet = await workspaces.add(items);
  const clusters = new Map([['test', { url: workspaces.url }]]);
  pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, log: silent });
});

afterAll(async () => {
  pools.close();
  await workspaces.drop();
});

it('is not pushed aside', async () => {
  const [loudMs, quietMs]: [number[], number[]] = [[], []];
  const end = performance.now() + WATCHED_MS;
  const callers = Array.from({ length: CALLERS }, async () => {
    while (performance.now() < end) loudMs.push(await ask(loud));
  });
  while (performance.now() < end) {
    quietMs.push(await ask(quiet));
    await sleep(2);
  }
  await Promise.all(callers);
  console.log(`median loud ${median(loudMs).toFixed(1)} ms, quiet ${median(quietMs).toFixed(1)} ms`);
  // Behind the others it would wait as long as they do.
  expect(median(quietMs)).toBeLessThan(median(loudMs) / 2);
});
