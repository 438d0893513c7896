import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BARE_ENVIRONMENT, findBinaries } from './binaries.ts';
import { explainFailure, type SystemUser } from './system-user.ts';

// A data directory appears whole or not at all: initdb works in a folder beside it, which is renamed when done.

const run = promisify(execFile);

export const SUPERUSER = 'postgres';

async function readPassword(dataDir: string): Promise<string> {
  const file = `${dataDir}.password`;
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known) return known.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function entriesOf(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}

async function initialise(
  dataDir: string,
  password: string,
  durable: boolean,
  user: SystemUser | undefined,
): Promise<void> {
  const fresh = `${dataDir}.new`;
  const passwordFile = `${dataDir}.initdb`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) await Promise.all([fresh, passwordFile].map((path) => chown(path, user.uid, user.gid)));
  const flags = [
    `--pgdata=${fresh}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(durable ? [] : ['--no-sync']),
  ];
  try {
    await run(findBinaries().initdb, flags, { cwd: fresh, env: BARE_ENVIRONMENT, ...user });
    await rename(fresh, dataDir);
  } catch (cause) {
    const failure = explainFailure(cause instanceof Error ? cause.message : String(cause), user);
    throw new Error(`The Postgres data directory ${dataDir} cannot be made: ${failure}`, { cause });
  } finally {
    await Promise.all([fresh, passwordFile].map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** Makes the data directory if there is none, and returns the superuser's password. */
export async function prepareCluster(
  dataDir: string,
  durable: boolean,
  user: SystemUser | undefined,
): Promise<string> {
  await mkdir(join(dataDir, '..'), { recursive: true });
  const entries = await entriesOf(dataDir);
  if (!entries.includes('PG_VERSION')) {
    if (entries.length > 0) throw new Error(`${dataDir} is neither empty nor a Postgres data directory`);
    const password = await readPassword(dataDir);
    await initialise(dataDir, password, durable, user);
    return password;
  }
  if (user) await chown(dataDir, user.uid, user.gid);
  await chmod(dataDir, 0o700);
  return readPassword(dataDir);
}
