import { createHash, randomBytes } from 'node:crypto';
import { createOwner, withClient } from '@plinth/embedded';
import { type Client, escapeIdentifier } from 'pg';

// A fresh database for each suite, cloned from a template that is migrated once in a run. Its owner is an ordinary
// login with a schema of its own, as a service has in production.

export interface TestDatabase {
  /** The owner's URL. */
  url: string;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Makes the tables, as the owner. It must close its connections. */
  migrate?: (url: string) => Promise<void>;
  /** Suites that name the same template share one migration, so they must give the same `migrate`. */
  template?: string;
}

function setting(name: 'PLINTH_TEST_POSTGRES_URL' | 'PLINTH_TEST_RUN'): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the global setup of the tests has not run`);
  return value;
}

/** A superuser's URL of the test server, for tests of roles and databases themselves. */
export const testSuperuserUrl = (): string => setting('PLINTH_TEST_POSTGRES_URL');

const prefixOf = (run: string): string => `plinth_test_${run}_`;

/** The template doubles as the name of its owner; a database that refuses connections is a finished template. */
async function ensureTemplate(
  client: Client,
  template: string,
  password: string,
  migrate: TestDatabaseOptions['migrate'],
): Promise<void> {
  await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [template]);
  const { rows } = await client.query<{ finished: boolean }>(
    'SELECT NOT datallowconn AS finished FROM pg_database WHERE datname = $1',
    [template],
  );
  if (!rows[0]?.finished) {
    const name = escapeIdentifier(template);
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    const superuserUrl = testSuperuserUrl();
    const url = await createOwner({ superuserUrl, name: template, password, database: template });
    await migrate?.(url);
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  }
  await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [template]);
}

function urlOf(database: string, owner: string, password: string): string {
  const url = new URL(testSuperuserUrl());
  url.pathname = `/${database}`;
  url.username = owner;
  url.password = password;
  return url.href;
}

export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const superuserUrl = testSuperuserUrl();
  const suffix = randomBytes(6).toString('hex');
  const prefix = prefixOf(setting('PLINTH_TEST_RUN'));
  const template = `${prefix}${options.template ?? (options.migrate ? suffix : 'empty')}`;
  const database = `${prefix}${suffix}_db`;
  const name = escapeIdentifier(database);
  const owner = escapeIdentifier(template);
  const password = createHash('sha256').update(`${superuserUrl} ${template}`).digest('base64url');

  await withClient(superuserUrl, async (client) => {
    await ensureTemplate(client, template, password, options.migrate);
    // As files, which is faster than page by page through the log: nobody writes to a finished template.
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${owner} STRATEGY FILE_COPY`);
    await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    await client.query(`GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO ${owner}`);
  });
  return {
    url: urlOf(database, template, password),
    drop: () =>
      withClient(superuserUrl, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/** Removes what a run left on a server that outlives it. */
export async function dropRun(superuserUrl: string, run: string): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    const like = `${prefixOf(run)}%`;
    const databases = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE datname LIKE $1',
      [like],
    );
    for (const { name } of databases.rows) {
      await client.query(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`);
    }
    const roles = await client.query<{ name: string }>(
      'SELECT rolname AS name FROM pg_roles WHERE rolname LIKE $1',
      [like],
    );
    for (const { name } of roles.rows) await client.query(`DROP ROLE ${escapeIdentifier(name)}`);
  });
}
