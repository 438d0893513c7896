import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Log } from '@plinth/contracts';
import {
  closedPort,
  createTestDatabase,
  startTestProxy,
  type TestDatabase,
  testSuperuserUrl,
} from '@plinth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase } from './database.ts';
import { KIT_MIGRATIONS, migrate } from './migrate.ts';
import { silentLog } from './test-log.ts';

const KIT_FILES = readdirSync(KIT_MIGRATIONS).sort();

let server: TestDatabase;
let root: string;
let directory: URL;

beforeEach(async () => {
  server = await createTestDatabase();
  root = await mkdtemp(join(tmpdir(), 'plinth-migrate-'));
  await mkdir(join(root, 'shop', 'migrations'), { recursive: true });
  directory = pathToFileURL(join(root, 'shop', 'migrations/'));
  await put('0001_item.sql', 'CREATE TABLE item (id int); INSERT INTO item VALUES (1);');
  await put('0002_price.sql', 'ALTER TABLE item ADD price int;');
});

afterEach(async () => {
  await server.drop();
  await rm(root, { recursive: true });
});

const put = (name: string, sql: string): Promise<void> => writeFile(new URL(name, directory), sql);

const run = (url = server.url, log = silentLog): Promise<void> =>
  migrate({ url, directories: [KIT_MIGRATIONS, directory], log });

async function query(sql: string, url = server.url): Promise<object[]> {
  const database = createDatabase({ url, log: silentLog });
  try {
    return await database.query(sql);
  } finally {
    await database.close();
  }
}

describe('migrate', () => {
  it('applies each file once, in order, also when replicas start together', async () => {
    await Promise.all([run(), run(), run(), run()]);
    await run();
    expect(await query('SELECT directory, name FROM plinth_migration ORDER BY applied_at')).toEqual([
      ...KIT_FILES.map((name) => ({ directory: 'database/migrations', name })),
      { directory: 'shop/migrations', name: '0001_item.sql' },
      { directory: 'shop/migrations', name: '0002_price.sql' },
    ]);
    expect(await query('SELECT id, price FROM item')).toEqual([{ id: 1, price: null }]);
  });

  it('adds what is new later', async () => {
    await run();
    await put('0003_note.sql', 'ALTER TABLE item ADD note text;');
    await run();
    expect(await query('SELECT note FROM item')).toEqual([{ note: null }]);
  });

  it('puts the tables into a schema of the role, which it makes if need be', async () => {
    const owner = new URL(server.url).username;
    const bare = new URL(testSuperuserUrl());
    bare.pathname = new URL(server.url).pathname;
    await query(`DROP SCHEMA IF EXISTS ${owner} CASCADE`, bare.href);
    await query(`GRANT CREATE ON DATABASE ${bare.pathname.slice(1)} TO ${owner}`, bare.href);
    await run();
    expect(await query(`SELECT schemaname FROM pg_tables WHERE tablename = 'item'`)).toEqual([
      { schemaname: owner },
    ]);
  });

  it('refuses a file that was changed after it was applied', async () => {
    await run();
    await put('0001_item.sql', 'CREATE TABLE item (id bigint);');
    await expect(run()).rejects.toThrow('shop/migrations/0001_item.sql was changed');
  });

  it('leaves nothing of a file that fails, and says which', async () => {
    await put('0003_broken.sql', 'CREATE TABLE half (id int); SELECT nonsense;');
    await expect(run()).rejects.toThrow('shop/migrations/0003_broken.sql failed');
    expect(await query(`SELECT to_regclass('half') AS half, to_regclass('item')::text AS item`)).toEqual([
      { half: null, item: 'item' },
    ]);
  });

  it('refuses a file that its name would leave out', async () => {
    await put('3_note.sql', 'SELECT 1');
    await expect(run()).rejects.toThrow('3_note.sql is not named like');
  });

  it('waits for a database that is not up yet, and says so once', async () => {
    const port = await closedPort();
    const url = new URL(server.url);
    url.port = String(port);
    const said: string[] = [];
    const note = (_: object, message: string) => said.push(message);
    const log: Log = { ...silentLog, info: note, warn: note };
    const waiting = run(url.href, log);
    await expect.poll(() => said).toContainEqual(expect.stringContaining('waiting'));
    const proxy = await startTestProxy(server.url, port);
    await waiting;
    await proxy.close();
    expect(said.filter((message) => message.includes('waiting'))).toHaveLength(1);
    expect(said.filter((message) => message === 'migration applied')).toHaveLength(KIT_FILES.length + 2);
  });
});
