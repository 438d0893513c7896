import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@plinth/contracts';
import pg from 'pg';
import { isConnectionFault } from './faults.ts';

// Brings a service's schema up to date at its start: numbered SQL files, each once, each in a transaction. Replicas that
// start together take turns. A service's tables live in a schema named like its role, where unqualified names land.

const LOCK = 7_265_100_231;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;

interface Migration {
  /** The end of the path, the same on every machine: `tenancy/migrations`. */
  directory: string;
  name: string;
  sql: string;
  checksum: string;
}

/** The tables that every service has. Give it first. */
export const KIT_MIGRATIONS = new URL('../migrations/', import.meta.url);

export async function migrate(options: {
  url: string;
  directories: readonly URL[];
  log: Log;
}): Promise<void> {
  const { url, directories, log } = options;
  const migrations = (await Promise.all(directories.map(readMigrations))).flat();
  const client = await connect(url, log);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await prepare(client);
    await applyMissing(client, migrations, log);
  } finally {
    // Ends the session, and the lock with it.
    await client.end();
  }
}

async function readMigrations(directory: URL): Promise<Migration[]> {
  const label = directory.pathname.split('/').filter(Boolean).slice(-2).join('/');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const odd = names.find((name) => !FILE_NAME.test(name));
  if (odd !== undefined) throw new Error(`${label}/${odd} is not named like 0001_what_it_does.sql`);
  const base = new URL(directory.href.endsWith('/') ? directory : `${directory.href}/`);
  return Promise.all(
    names.map(async (name) => {
      const sql = (await readFile(new URL(name, base), 'utf8')).replaceAll('\r\n', '\n');
      return { directory: label, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** A database that is not there yet is waited for: a process that ended would only be started again, to find the same. */
async function connect(url: string, log: Log): Promise<pg.Client> {
  let isWaiting = false;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      application_name: 'plinth-migrate',
    });
    client.on('error', (err) => log.debug({ err }, 'the migration connection broke'));
    try {
      await client.connect();
      if (isWaiting) log.info({}, 'the database is up');
      return client;
    } catch (err) {
      await client.end().catch(() => undefined);
      if (!isConnectionFault(err)) throw err;
      if (!isWaiting) log.warn({ err }, 'the database is not up yet; waiting for it');
      isWaiting = true;
      await sleep(pause);
    }
  }
}

async function prepare(client: pg.Client): Promise<void> {
  // Asked first, because IF NOT EXISTS still needs the right to create schemas, which a provisioned role may lack.
  const own = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = current_user');
  if (own.rowCount === 0) await client.query('CREATE SCHEMA IF NOT EXISTS AUTHORIZATION CURRENT_USER');
  await client.query(`
    CREATE TABLE IF NOT EXISTS plinth_migration (
      directory text NOT NULL,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (directory, name)
    )`);
}

async function applyMissing(client: pg.Client, migrations: readonly Migration[], log: Log): Promise<void> {
  const { rows } = await client.query<{ directory: string; name: string; checksum: string }>(
    'SELECT directory, name, checksum FROM plinth_migration',
  );
  const applied = new Map(rows.map(({ directory, name, checksum }) => [`${directory}/${name}`, checksum]));
  for (const migration of migrations) {
    const path = `${migration.directory}/${migration.name}`;
    const checksum = applied.get(path);
    if (checksum === undefined) {
      await apply(client, migration);
      log.info({ migration: path }, 'migration applied');
    } else if (checksum !== migration.checksum) {
      throw new Error(`${path} was changed after it was applied; undo that and add a new file instead`);
    }
  }
}

async function apply(client: pg.Client, { directory, name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO plinth_migration (directory, name, checksum) VALUES ($1, $2, $3)', [
      directory,
      name,
      checksum,
    ]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new Error(`${directory}/${name} failed and left nothing behind`, { cause });
  }
}
