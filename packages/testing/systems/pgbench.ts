import { debianVersion, installDebian } from './debian.ts';
import type { StartOptions } from './system.ts';

const programs = '/usr/lib/postgresql/15/bin';

export interface PostgresClients {
  /** Postgres' own load generator. */
  pgbench: string;
  psql: string;
  origin: string;
}

/** The server that comes with them is not started. */
export async function installPgbench(options: StartOptions): Promise<PostgresClients> {
  const pgbench = `${programs}/pgbench`;
  await installDebian({ 'postgresql-15': pgbench }, options);
  return { pgbench, psql: `${programs}/psql`, origin: await debianVersion('postgresql-15') };
}
