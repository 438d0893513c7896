import { withClient } from '@plinth/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Place } from '../placement/place.ts';
import { createLoginPools, type LoginPools } from '../query/login-pools.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import { describeSchema, introspect, readSchema, versionOf } from './introspect.ts';
import type { WorkspaceSchema } from './schema.ts';
import { createSchemaCache } from './schema-cache.ts';

// What one workspace costs must not depend on how many there are.

/** Held in memory; beside the sample, as many others in the database as it takes for a look at all of them to be felt. */
const WORKSPACES = 2_000;
const CROWD = 200;
const TABLES = 20;
const SAMPLE = 10;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let workspaces: TestWorkspaces;
let pools: LoginPools;
let places: Place[];

/** Twenty tables of ten columns, each but the first with a foreign key to the one before. */
const TABLES_OF = Array.from(
  { length: TABLES },
  (_, index) => `create table table_${index} (
    id bigint generated always as identity primary key, ${index === 0 ? '' : `previous bigint references table_${index - 1},`}
    name text not null, description text, price numeric(10, 2) default 0, tags text[], data jsonb,
    created_at timestamptz not null default now(), updated_at timestamptz, is_active boolean, owner uuid)`,
);

beforeAll(async () => {
  workspaces = await createTestWorkspaces();
  places = [];
  for (let index = 0; index < 2 * SAMPLE; index++) places.push(await workspaces.add(TABLES_OF));
  const clusters = new Map([['test', { url: workspaces.url }]]);
  pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, log: silent });
}, 300_000);

afterAll(async () => {
  pools.close();
  await workspaces.drop();
}, 120_000);

/** The others only have to be there, so they need no logins. */
const addCrowd = () =>
  withClient(workspaces.url, async (client) => {
    for (let index = 0; index < CROWD; index++) {
      await client.query(
        `create schema crowd_${index}; set search_path = crowd_${index}; ${TABLES_OF.join('; ')}`,
      );
    }
    await client.query('analyze');
  });

/** The median of what it takes to look at one of these for the first time. */
async function coldMs(some: readonly Place[]): Promise<number> {
  const cache = createSchemaCache({
    load: (of) => introspect(pools, of),
    versionOf: (of) => versionOf(pools, of),
    isHeard: () => true,
  });
  const tookMs: number[] = [];
  for (const place of some) {
    const began = performance.now();
    expect(await cache.with(place, ({ tables }) => tables.size)).toBe(TABLES);
    tookMs.push(performance.now() - began);
  }
  return tookMs.toSorted((a, b) => a - b)[tookMs.length >> 1] ?? 0;
}

const megabytes = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

it('finds a cold workspace as fast as if it were alone, and holds them all in little memory', {
  timeout: 300_000,
}, async () => {
  const alone = await coldMs(places.slice(0, SAMPLE));
  await addCrowd();
  const among = await coldMs(places.slice(SAMPLE));

  // One workspace stands for all others: what they are made of is as much.
  const [first] = places;
  if (!first) throw new Error('no workspace');
  const text = await describeSchema(pools, first);
  const before = megabytes();
  const kept: WorkspaceSchema[] = [];
  const cache = createSchemaCache({
    load: async ({ schema }) => readSchema(schema, text),
    versionOf: async () => '',
    isHeard: () => true,
  });
  for (let index = 0; index < WORKSPACES; index++) {
    kept.push(await cache.with({ ...first, schema: `ws_${index}` }, (schema) => schema));
  }
  const grownMb = megabytes() - before;
  expect(new Set(kept).size).toBe(WORKSPACES);
  console.log(
    `a cold workspace: ${alone.toFixed(1)} ms, among many ${among.toFixed(1)} ms; ${WORKSPACES}: ${grownMb.toFixed(0)} MiB`,
  );
  // A look at all of them would take some twenty times as long.
  expect(among).toBeLessThan(5 * alone);
  expect(grownMb).toBeLessThan(300);
});
