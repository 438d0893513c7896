import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { BARE_ENVIRONMENT, findBinaries } from './binaries.ts';
import { prepareCluster, SUPERUSER } from './cluster.ts';
import { closeDatabase, createOwner } from './owner.ts';
import { freeDataDir, keeperFlags, readPidFile } from './postmaster.ts';
import { explainFailure, findSystemUser, type SystemUser } from './system-user.ts';

// A real PostgreSQL as a child process, on loopback only. A start repairs whatever a kill -9 left behind.

// The recovery after a crash may take its time.
const START_MS = 300_000;
const STOP_MS = 20_000;
const RETRY_MS = 250;
const TRIES = 40;
const PASSING = /pre-existing shared memory block/;
const PORT_TAKEN = /could not bind|could not create any TCP\/IP sockets/;

const FLAGS = {
  always: {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
  },
  notDurable: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
};

export interface EmbeddedPostgresOptions {
  dataDir: string;
  /** 0 chooses a free one. */
  port: number;
  /** False gives up crash safety for speed: for tests. */
  durable?: boolean;
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** The superuser's URL of the database `postgres`. */
  url: string;
  port: number;
  /** Makes a login with a schema of its own in the database `plinth`, and returns its URL. */
  createOwner(name: string, password: string): Promise<string>;
  stop(): Promise<void>;
  /** Settles when the server has ended, for whatever reason. */
  exited: Promise<void>;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function launch(
  options: EmbeddedPostgresOptions & { dataDir: string; port: number },
  user: SystemUser | undefined,
): { child: ChildProcess; exited: Promise<void>; tail: string[] } {
  const settings = { ...FLAGS.always, ...(options.durable === false ? FLAGS.notDurable : {}) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', options.dataDir, '-p', String(options.port), ...keeperFlags, ...flags];
  const child = spawn(findBinaries().postgres, args, {
    ...user,
    cwd: options.dataDir,
    env: BARE_ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
    // A session of its own: Ctrl-C in a terminal reaches the keeper, which stops Postgres last.
    detached: true,
  });
  const tail: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    options.log?.(line);
    tail.push(line);
    if (tail.length > 20) tail.shift();
  });
  const exited = new Promise<void>((done) => {
    child.once('error', (error) => {
      tail.push(error.message);
      done();
    });
    child.once('close', () => done());
  });
  return { child, exited, tail };
}

async function isReady(dataDir: string, child: ChildProcess): Promise<boolean> {
  const file = await readPidFile(dataDir);
  return file?.pid === child.pid && file?.status === 'ready';
}

/** Resolves to the running child, or to the last lines of one that did not start. */
async function launchAndWait(
  options: EmbeddedPostgresOptions,
  port: number,
  user: SystemUser | undefined,
): Promise<{ child: ChildProcess; exited: Promise<void> } | { failure: string }> {
  const { child, exited, tail } = launch({ ...options, port }, user);
  let running = true;
  void exited.then(() => {
    running = false;
  });
  for (const deadline = Date.now() + START_MS; running; await sleep(20)) {
    if (await isReady(options.dataDir, child)) return { child, exited };
    if (Date.now() > deadline) child.kill('SIGQUIT');
  }
  return { failure: tail.join('\n') };
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  const impatient = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
  await exited;
  clearTimeout(impatient);
}

export async function startEmbeddedPostgres(given: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = await findSystemUser();
  const wanted = resolve(given.dataDir);
  await freeDataDir(wanted);
  const password = await prepareCluster(wanted, given.durable !== false, user);
  const options = { ...given, dataDir: await realpath(wanted) };

  for (let tries = 1; ; tries++) {
    const port = given.port || (await findFreePort());
    const started = await launchAndWait(options, port, user);
    if ('child' in started) return running(started.child, started.exited, port, password);
    // The backends of a killed postmaster need a moment to notice; a port found free may be gone again.
    const passing = PASSING.test(started.failure) || (given.port === 0 && PORT_TAKEN.test(started.failure));
    if (!passing || tries === TRIES)
      throw new Error(`Postgres did not start:\n${explainFailure(started.failure, user)}`);
    await sleep(RETRY_MS);
  }
}

function running(
  child: ChildProcess,
  exited: Promise<void>,
  port: number,
  password: string,
): EmbeddedPostgres {
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  const stopOnExit = () => child.kill('SIGINT');
  process.once('exit', stopOnExit);
  void exited.then(() => process.off('exit', stopOnExit));
  return {
    url,
    port,
    createOwner: async (name, ownerPassword) => {
      await closeDatabase(url, 'postgres');
      return createOwner({ superuserUrl: url, name, password: ownerPassword, database: 'plinth' });
    },
    stop: () => stopChild(child, exited),
    exited,
  };
}
