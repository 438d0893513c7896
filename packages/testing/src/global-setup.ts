import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forkPostgres } from '@plinth/embedded';
import { dropRun } from './database.ts';

// One Postgres for the whole test run, told to the workers by the environment that they inherit.

export async function setup(): Promise<() => Promise<void>> {
  const run = randomBytes(4).toString('hex');
  process.env.PLINTH_TEST_RUN = run;
  const given = process.env.PLINTH_TEST_POSTGRES_URL;
  if (given) return () => dropRun(given, run);

  const dataDir = join(tmpdir(), `plinth-test-${run}`);
  const server = await forkPostgres({ dataDir, port: 0, durable: false, temporary: true });
  process.env.PLINTH_TEST_POSTGRES_URL = server.url;
  return async () => {
    delete process.env.PLINTH_TEST_POSTGRES_URL;
    await server.stop();
  };
}
