import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lastLines } from './command.ts';

export type ServerCommand = {
  name: string;
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** The file that it prints to, when nobody here should have to read along. */
  outputFile?: string;
  /** The account to run as, when it may not be root. */
  user?: { uid: number; gid: number };
  /** Asked every 100 ms until it no longer throws. */
  ready(): Promise<void>;
  readyWithinMs: number;
  /** Tried one after another, each with the same patience; SIGKILL is the last. */
  stopSignals: NodeJS.Signals[];
  signal: AbortSignal;
};

export type ServerProcess = {
  /** That of its first start. */
  pid: number;
  stop(): Promise<void>;
  /** Stands still with all that it has started, as a machine that hangs does, until `resume()`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends by this signal. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Starts once more after `end()`, on the same port and the same data, and answers when it is ready. */
  start(): Promise<void>;
};

/** Starts a server and waits until it answers. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  let launched = launch(server);
  await untilReady(server, launched);
  let endedHere = false;

  async function stop(): Promise<void> {
    if (endedHere) return;
    if (launched.ended() !== undefined && !server.signal.aborted) {
      throw new Error(`${server.name} was not there any more, ${launched.ended()}\n${launched.lastLines()}`);
    }
    await launched.signalAll('SIGCONT');
    await stopProcess(server, launched);
  }

  return {
    pid: launched.pid,
    stop,
    pause: () => launched.signalAll('SIGSTOP'),
    resume: () => launched.signalAll('SIGCONT'),
    async end(signal) {
      endedHere = true;
      await launched.endBy(signal);
    },
    async start() {
      launched = launch(server);
      endedHere = false;
      await untilReady(server, launched);
    },
  };
}

type Launched = ReturnType<typeof launch>;

function launch(server: ServerCommand) {
  const [command, args] = endingWithParent(server);
  const stdout = server.outputFile === undefined ? 'pipe' : openSync(server.outputFile, 'a');
  const child = spawn(command, args, {
    cwd: server.cwd,
    env: server.env ?? process.env,
    stdio: ['ignore', stdout, 'pipe'],
  });
  if (typeof stdout === 'number') closeSync(stdout);
  let output = '';
  const keep = (text: string) => {
    output = (output + text).slice(-20_000);
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', keep);
  let ended: string | undefined;
  const end = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.on('exit', (code, killedBy) => {
      ended = `it ended with ${code ?? killedBy}`;
      resolve();
    });
  });
  // A child that could not be started has none, and its error ends the wait until it is ready.
  const { pid = 0 } = child;
  const children = () => childrenOf(pid);
  return {
    pid,
    end,
    ended: () => ended,
    lastLines: () => lastLines(output),
    signal: (name: NodeJS.Signals) => child.kill(name),
    async signalAll(name: NodeJS.Signals) {
      const started = await children();
      child.kill(name);
      for (const pid of started) kill(pid, name);
    },
    /** Until what it had started has gone as well: before that its data may not be opened again. */
    async endBy(name: NodeJS.Signals) {
      const started = await children();
      child.kill(name);
      await end;
      for (let i = 0; i < 250 && started.some((pid) => kill(pid, 0)); i++) await wait(20);
    },
  };
}

async function stopProcess({ stopSignals }: ServerCommand, launched: Launched): Promise<void> {
  for (const name of [...stopSignals, 'SIGKILL'] as const) {
    if (launched.ended() !== undefined) return;
    launched.signal(name);
    await Promise.race([launched.end, wait(10_000, undefined, { ref: false })]);
  }
}

async function untilReady(server: ServerCommand, launched: Launched): Promise<void> {
  const deadline = Date.now() + server.readyWithinMs;
  let lastError: unknown;
  while (launched.ended() === undefined && Date.now() < deadline && !server.signal.aborted) {
    try {
      return await server.ready();
    } catch (error) {
      lastError = error;
      await Promise.race([launched.end, wait(100)]);
    }
  }
  await stopProcess(server, launched);
  server.signal.throwIfAborted();
  const reason = Date.now() < deadline ? launched.ended() : `it was not ready: ${lastError}`;
  throw new Error(`${server.name} did not start, ${reason}\n${launched.lastLines()}`);
}

/** Postgres makes every backend the leader of a group of its own, so that a signal to a group does not reach them. */
async function childrenOf(pid: number): Promise<number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return listed.split(' ').flatMap((one) => Number(one) || []);
}

/** Whether it was there to be told; signal 0 only asks. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Linux ends the server with this process, even if this one is killed and cannot clean up. */
function endingWithParent({ command, args, user }: ServerCommand): [string, string[]] {
  if (process.platform !== 'linux') return [command, args];
  const account = user ? ['--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--clear-groups'] : [];
  return ['setpriv', ['--pdeathsig', 'TERM', ...account, '--', command, ...args]];
}

/**
 * A free port below the range that outgoing connections take theirs from: nothing grabs it in the seconds
 * between this look and the server's own bind.
 */
export async function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
    return port;
  } catch {
    return freePort();
  } finally {
    probe.close();
  }
}

/** A folder for one run: gone when the system stops, and when it does not start. */
export async function inTemporaryFolder<Running extends { stop(): Promise<void> }>(
  name: string,
  startIn: (folder: string) => Promise<Running>,
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), `plinth-${name}-`));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const running = await startIn(folder);
    return { ...running, stop: () => running.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}
