import { debianVersion, installDebian } from './debian.ts';
import type { StartOptions } from './system.ts';

/** Postgres' own load generator; the server that comes with it is not started. */
export async function installPgbench(options: StartOptions): Promise<{ program: string; origin: string }> {
  const program = '/usr/lib/postgresql/15/bin/pgbench';
  await installDebian({ 'postgresql-15': program }, options);
  return { program, origin: await debianVersion('postgresql-15') };
}
