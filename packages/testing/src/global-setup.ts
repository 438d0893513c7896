import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forkPostgres } from '@plinth/embedded';
import { dropRun } from './database.ts';

// One Postgres for the whole test run, and one cache of compiled code as `npm start` has it for all the processes that
// tests start: told to the workers by the environment that they inherit.

const MEMORY = '/dev/shm';
const ROOM_BYTES = 4 * 2 ** 30;
const COMPILE_CACHE = join(import.meta.dirname, '../../../node_modules/.cache/plinth');

/** In memory where there is plenty: each suite makes a database, which is some 300 files. */
async function scratchFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > ROOM_BYTES ? MEMORY : tmpdir();
}

export async function setup(): Promise<() => Promise<void>> {
  const run = randomBytes(4).toString('hex');
  process.env.PLINTH_TEST_RUN = run;
  process.env.NODE_COMPILE_CACHE ??= COMPILE_CACHE;
  const given = process.env.PLINTH_TEST_POSTGRES_URL;
  if (given) return () => dropRun(given, run);

  const dataDir = join(await scratchFolder(), `plinth-test-${run}`);
  const server = await forkPostgres({ dataDir, port: 0, durable: false, temporary: true });
  process.env.PLINTH_TEST_POSTGRES_URL = server.url;
  return async () => {
    delete process.env.PLINTH_TEST_POSTGRES_URL;
    await server.stop();
  };
}
