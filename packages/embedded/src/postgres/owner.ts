import { Client, escapeIdentifier, escapeLiteral } from 'pg';

// An owner is a login that can connect to one database and holds one schema of its own name there, which Postgres'
// default search_path ("$user") finds. Making it again changes nothing but the password.

const LOCK = "hashtextextended('plinth:owners', 0)";

/** One connection for one piece of work. */
export async function withClient<Result>(
  url: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(url: string, change: { database: string; user?: string; password?: string }): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(change.database)}`;
  if (change.user !== undefined) changed.username = encodeURIComponent(change.user);
  if (change.password !== undefined) changed.password = encodeURIComponent(change.password);
  return changed.href;
}

/** Leaves a database to its grantees and superusers. */
export async function closeDatabase(superuserUrl: string, database: string): Promise<void> {
  await withClient(superuserUrl, (client) =>
    client.query(
      `SELECT pg_advisory_xact_lock(${LOCK}); REVOKE ALL ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`,
    ),
  );
}

/** Makes it where it is missing, closed to all but superusers, and returns the superuser's URL of it. */
export async function createClosedDatabase(superuserUrl: string, database: string): Promise<string> {
  await withClient(superuserUrl, async (client) => {
    await client.query(`SELECT pg_advisory_lock(${LOCK})`);
    const known = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (known.rowCount) return;
    await client.query(`CREATE DATABASE ${escapeIdentifier(database)}`);
    await client.query(`REVOKE ALL ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`);
  });
  return urlOf(superuserUrl, { database });
}

export interface OwnerOptions {
  /** A superuser's URL, of any database of the cluster. */
  superuserUrl: string;
  name: string;
  password: string;
  database: string;
}

/** Returns the owner's connection URL. */
export async function createOwner({ superuserUrl, name, password, database }: OwnerOptions): Promise<string> {
  const databaseUrl = await createClosedDatabase(superuserUrl, database);
  const role = escapeIdentifier(name);
  await withClient(databaseUrl, async (client) => {
    await client.query('BEGIN');
    await client.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
    const known = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
    await client.query(
      `${known.rowCount ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN PASSWORD ${escapeLiteral(password)}`,
    );
    await client.query(`GRANT CONNECT, TEMPORARY ON DATABASE ${escapeIdentifier(database)} TO ${role}`);
    await client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${role} AUTHORIZATION ${role}`);
    await client.query('COMMIT');
  });
  return urlOf(superuserUrl, { database, user: name, password });
}
