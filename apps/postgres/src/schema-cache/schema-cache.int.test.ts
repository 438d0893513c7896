import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@plinth/contracts';
import { startTestProxy, type TestProxy } from '@plinth/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SCHEMA_CHANNEL } from '../cluster/changes.ts';
import type { Place } from '../placement/place.ts';
import { createLoginPools, type LoginPools } from '../query/login-pools.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import { introspect, versionOf } from './introspect.ts';
import type { Table, WorkspaceSchema } from './schema.ts';
import { createSchemaCache, type SchemaCache } from './schema-cache.ts';
import { createSchemaListener, type SchemaListener } from './schema-listener.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let workspaces: TestWorkspaces;
let proxy: TestProxy;
let pools: LoginPools;
let place: Place;
/** How often each schema was loaded. */
let loads: string[];
/** How often one was asked whether it is another. */
let looks: number;
let listener: SchemaListener;
let cache: SchemaCache;

function tableIn(name: string): (schema: WorkspaceSchema) => Table {
  return ({ tables }) => {
    const table = tables.get(name);
    if (!table) throw new AppError('TABLE_NOT_FOUND');
    return table;
  };
}

const columnsOf = async (name: string): Promise<string[]> => [
  ...(await cache.with(place, tableIn(name))).columns.keys(),
];

const change = (sql: string) => workspaces.query(sql.replaceAll('$ws', place.schema));

async function load(of: Place): Promise<WorkspaceSchema | undefined> {
  loads.push(of.schema);
  return introspect(pools, of);
}

async function look(of: Place): Promise<string> {
  looks += 1;
  return versionOf(pools, of);
}

beforeAll(async () => {
  workspaces = await createTestWorkspaces();
  proxy = await startTestProxy(workspaces.url);
  const clusters = new Map([['test', { url: workspaces.url }]]);
  pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, log: silent });
});

afterAll(async () => {
  pools.close();
  await proxy.close();
  await workspaces.drop();
});

beforeEach(async () => {
  place = await workspaces.add(['create table items (id int primary key)']);
  loads = [];
  looks = 0;
  listener = createSchemaListener({
    urlOf: () => proxy.url,
    onChange: (schema) => cache.invalidate(schema),
    onDoubt: (cluster, database) => cache.invalidateDatabase(cluster, database),
    log: silent,
  });
  cache = createSchemaCache({ load, versionOf: look, isHeard: listener.isHeard });
});

afterEach(async () => {
  await listener.close();
});

const heard = () => expect.poll(() => listener.isHeard(place)).toBe(true);

describe('the schema of a workspace', () => {
  it('is asked for once by all who need it together, and then kept', async () => {
    await heard();
    await Promise.all(Array.from({ length: 50 }, () => columnsOf('items')));
    expect(await columnsOf('items')).toEqual(['id']);
    expect(loads).toEqual([place.schema]);
  });

  it('is looked at again for a table that it lacks, so one made a moment ago is found', async () => {
    await heard();
    await columnsOf('items');
    await expect(columnsOf('fresh')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    await change('create table $ws.fresh (a int, b int)');
    expect(await columnsOf('fresh')).toEqual(['a', 'b']);
  });

  it('is not loaded for each of many unknown names', async () => {
    await heard();
    await columnsOf('items');
    const names = Array.from({ length: 200 }, (_, index) => `unknown_${index}`);
    const answers = await Promise.allSettled(names.map(columnsOf));
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expect(loads).toEqual([place.schema]);
    expect(looks).toBeLessThan(5);
  });

  it('is not asked for twice by the request that loaded it', async () => {
    await heard();
    await expect(columnsOf('unknown')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    expect(loads).toEqual([place.schema]);
  });

  it('is not loaded again where nothing came to it, whatever is missed or refused', async () => {
    await heard();
    await columnsOf('items');
    const refuse = () => {
      throw new AppError('PERMISSION_DENIED');
    };
    for (let times = 0; times < 20; times += 1) {
      await expect(columnsOf('unknown')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
      await expect(cache.with(place, refuse)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    }
    expect(loads).toEqual([place.schema]);
    expect(looks).toBe(40);
  });

  it('is another after it was changed here', async () => {
    await heard();
    await columnsOf('items');
    await change('alter table $ws.items add column name text');
    cache.invalidate(place.schema);
    expect(await columnsOf('items')).toEqual(['id', 'name']);
  });

  it('is another after another replica said that it changed', async () => {
    await heard();
    await columnsOf('items');
    await change('alter table $ws.items add column name text');
    await change(`notify ${SCHEMA_CHANNEL}, '${place.schema}'`);
    await expect.poll(() => columnsOf('items')).toEqual(['id', 'name']);
  });

  it('lives a second while nothing is heard, and as long as before when it is heard again', async () => {
    await heard();
    await columnsOf('items');
    proxy.freeze();
    await expect.poll(() => listener.isHeard(place)).toBe(false);
    await change('alter table $ws.items add column name text');
    await sleep(1_000);
    expect(await columnsOf('items')).toEqual(['id', 'name']);
    proxy.thaw();
    await heard();
    await columnsOf('items');
    const before = loads.length;
    await sleep(1_100);
    await columnsOf('items');
    expect(loads.length).toBe(before);
  });

  it('counts as changed after a connection was lost that might have told', async () => {
    await heard();
    await columnsOf('items');
    await workspaces.query(
      `alter table ${place.schema}.items add column name text;
       select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'plinth-postgres listener' and datname = current_database()`,
    );
    await expect.poll(() => columnsOf('items')).toEqual(['id', 'name']);
  });

  it('does not wait for that of another workspace', async () => {
    const other = await workspaces.add(['create table items (id int)']);
    const slow = createSchemaCache({
      load: (of) => (of === other ? new Promise(() => undefined) : load(of)),
      versionOf: look,
      isHeard: () => true,
    });
    void slow.with(other, tableIn('items'));
    const table = await slow.with(place, tableIn('items'));
    expect(table.name).toBe('items');
  });

  it('is forgotten when many others were used since', async () => {
    const small = createSchemaCache({ load, versionOf: look, isHeard: () => true, maxWorkspaces: 2 });
    const others = [
      await workspaces.add(['create table items ()']),
      await workspaces.add(['create table items ()']),
    ];
    for (const one of [place, ...others, ...others, place]) await small.with(one, tableIn('items'));
    expect(loads).toEqual([place.schema, ...others.map(({ schema }) => schema), place.schema]);
  });

  it('is refused where there is none', async () => {
    await change('drop schema $ws cascade');
    await expect(columnsOf('items')).rejects.toMatchObject({ code: 'WORKSPACE_NOT_FOUND' });
  });
});
