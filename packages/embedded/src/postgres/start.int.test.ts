import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ForkedPostgres, forkPostgres, startEmbeddedPostgres } from '../index.ts';

let folder: string;
let dataDir: string;
let keepers: ChildProcess[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-postgres-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
});

beforeEach(() => {
  keepers = [];
});

afterEach(async () => {
  for (const keeper of keepers) keeper.kill('SIGKILL');
  const left = await postmasterPid().catch(() => undefined);
  if (left) process.kill(left, 'SIGKILL');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const start = () => startEmbeddedPostgres({ dataDir, port: 0, durable: false });

async function postmasterPid(): Promise<number> {
  return Number((await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function startKeeper({ durable = false } = {}): Promise<ForkedPostgres> {
  const forked = await forkPostgres({ dataDir, port: 0, durable });
  keepers.push(forked.keeper);
  return forked;
}

test('keeps its data over a restart, and its password to itself', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE after_restart AS SELECT 42 AS answer');
  await first.stop();
  const second = await start();
  expect(await query(second.url, 'TABLE after_restart')).toEqual([{ answer: 42 }]);
  await second.stop();

  expect(((await stat(`${dataDir}.password`)).mode & 0o777).toString(8)).toBe('600');
  await expect(query(second.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});

test('an owner has a schema of its own and nothing else', async () => {
  const postgres = await start();
  try {
    const [tenancy, identity] = await Promise.all([
      postgres.createOwner('tenancy', 'old'),
      postgres.createOwner('identity', 'p@ss/w:rd%'),
    ]);
    await query(tenancy, 'CREATE TABLE secret AS SELECT 1 AS one');
    expect(await query(tenancy, 'SELECT current_schema() AS schema')).toEqual([{ schema: 'tenancy' }]);
    await expect(query(identity, 'TABLE tenancy.secret')).rejects.toThrow('permission denied');
    await expect(query(identity, 'CREATE TABLE public.mine()')).rejects.toThrow('permission denied');
    await expect(query(tenancy.replace('/plinth', '/postgres'), 'SELECT 1')).rejects.toThrow(
      'permission denied',
    );

    const again = await postgres.createOwner('tenancy', 'new');
    expect(await query(again, 'TABLE secret')).toEqual([{ one: 1 }]);
    await expect(query(tenancy, 'SELECT 1')).rejects.toThrow('password authentication failed');
  } finally {
    await postgres.stop();
  }
});

test('refuses a data directory that is in use', async () => {
  const postgres = await start();
  await expect(start()).rejects.toThrow(`${dataDir} is in use`);
  await postgres.stop();
});

test('a keeper killed outright loses no data: the next start ends the orphan first', async () => {
  const { keeper, url } = await startKeeper();
  await query(url, 'CREATE TABLE after_orphan AS SELECT 42 AS answer');
  const orphan = await postmasterPid();
  keeper.kill('SIGKILL');
  await once(keeper, 'exit');
  expect(process.kill(orphan, 0)).toBe(true);

  const next = await startKeeper();
  expect(await postmasterPid()).not.toBe(orphan);
  expect(await query(next.url, 'TABLE after_orphan')).toEqual([{ answer: 42 }]);
});

test('a server killed outright leaves a pid file that stops nobody', async () => {
  const { keeper, url } = await startKeeper({ durable: true });
  await query(url, 'CREATE TABLE after_crash AS SELECT 42 AS answer');
  process.kill(await postmasterPid(), 'SIGKILL');
  const [code] = await once(keeper, 'exit');
  expect(code).toBe(1);

  const next = await start();
  expect(await query(next.url, 'TABLE after_crash')).toEqual([{ answer: 42 }]);
  await next.stop();
});

test.each(['disconnect', 'SIGTERM'] as const)('a keeper stops Postgres on %s', async (how) => {
  const { keeper, url } = await startKeeper();
  if (how === 'disconnect') keeper.disconnect();
  else keeper.kill(how);
  const [code] = await once(keeper, 'exit');
  expect(code).toBe(0);
  expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false);
  await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});
