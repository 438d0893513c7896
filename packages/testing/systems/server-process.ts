import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
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

export type ServerProcess = { pid: number; stop(): Promise<void> };

/** Starts a server and waits until it answers. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
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
  let ready = false;
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

  const stop = async () => {
    if (ended !== undefined && ready && !server.signal.aborted) {
      throw new Error(`${server.name} was not there any more, ${ended}\n${lastLines(output)}`);
    }
    for (const name of [...server.stopSignals, 'SIGKILL'] as const) {
      if (ended !== undefined) return;
      child.kill(name);
      await Promise.race([end, wait(10_000, undefined, { ref: false })]);
    }
  };

  const deadline = Date.now() + server.readyWithinMs;
  let lastError: unknown;
  while (ended === undefined && Date.now() < deadline && !server.signal.aborted) {
    try {
      await server.ready();
      if (child.pid === undefined) continue;
      ready = true;
      return { pid: child.pid, stop };
    } catch (error) {
      lastError = error;
      await Promise.race([end, wait(100)]);
    }
  }
  await stop();
  server.signal.throwIfAborted();
  const reason = Date.now() < deadline ? ended : `it was not ready: ${lastError}`;
  throw new Error(`${server.name} did not start, ${reason}\n${lastLines(output)}`);
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
