import { randomBytes } from 'node:crypto';
import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { run } from './command.ts';
import { debianVersion, installDebian } from './debian.ts';
import { freePort, inTemporaryFolder, startServer } from './server-process.ts';
import { type RunningSystem, runAlone, type StartOptions, type System } from './system.ts';

const programs = '/usr/lib/postgresql/15/bin';

export const postgres: System = {
  name: 'postgres',
  summary:
    "PostgreSQL 15 from Debian's packages, not durable. Sets PLINTH_TEST_POSTGRES_URL, a superuser's URL.",
  start,
};

/** A crash of the machine may cost this cluster its data, and every commit is quicker for it. */
const throwAway = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export async function start(options: StartOptions): Promise<RunningSystem> {
  await installDebian({ 'postgresql-15': `${programs}/postgres` }, options);
  const user = await serverAccount();
  const port = await freePort();
  const password = randomBytes(24).toString('base64url');
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    ...throwAway,
  ];
  return inTemporaryFolder('postgres', async (folder) => {
    const data = join(folder, 'data');
    await createCluster(folder, data, password, user, options);
    return {
      name: 'postgres',
      version: (await run(`${programs}/postgres`, ['--version'])).match(/\d+\.\d+/)?.[0] ?? 'unknown',
      origin: await debianVersion('postgresql-15'),
      env: { PLINTH_TEST_POSTGRES_URL: url },
      ...(await startServer({
        name: 'postgres',
        command: `${programs}/postgres`,
        args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
        cwd: folder,
        ...(user && { user }),
        ready: () => connects(url),
        readyWithinMs: 120_000,
        // Fast shutdown, then immediate shutdown.
        stopSignals: ['SIGINT', 'SIGQUIT'],
        signal: options.signal,
      })),
    };
  });
}

type Account = { uid: number; gid: number };

/** Postgres refuses to run as root, so root runs it as the account that its package brings. */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => run('id', [flag, 'postgres']).then(Number);
  return { uid: await id('-u'), gid: await id('-g') };
}

async function createCluster(
  folder: string,
  data: string,
  password: string,
  user: Account | undefined,
  { log, signal }: StartOptions,
): Promise<void> {
  log('initdb');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) {
    await chown(folder, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  await chmod(folder, 0o700);
  await run(
    `${programs}/initdb`,
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ],
    { cwd: folder, signal, ...user },
  );
}

async function connects(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // The server may drop a connection while it starts; the failed query says so.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => {});
  }
}

if (import.meta.main) await runAlone(postgres);
