import { execFileSync } from 'node:child_process';
import { readFile, realpath, rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// What to do about a `postmaster.pid` left in a data directory. Postgres itself believes any live process of that
// number; after a kill -9 in a container the number often belongs to somebody else. So: nobody or a stranger, the
// file goes; a Postgres whose keeper still is its parent, the directory is in use; without its keeper, it is stopped.

const KEEPER_SETTING = 'plinth.keeper';
const STOP_MS = 30_000;

export const keeperFlags = ['-c', `${KEEPER_SETTING}=${process.pid}`];

export type PostmasterStatus = 'starting' | 'stopping' | 'ready' | 'standby';

interface PidFile {
  pid: number;
  status: string | undefined;
}

const pidFilePath = (dataDir: string): string => join(dataDir, 'postmaster.pid');

export async function readPidFile(dataDir: string): Promise<PidFile | undefined> {
  const text = await readFile(pidFilePath(dataDir), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: lines[7]?.trim() } : undefined;
}

interface ProcessFacts {
  parent: number;
  args: string;
}

async function factsOf(pid: number): Promise<ProcessFacts | undefined> {
  try {
    if (platform() !== 'linux') {
      const line = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
      return { parent: Number.parseInt(line, 10), args: line.replace(/^\d+\s+/, '') };
    }
    const [status, cmdline] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    return { parent: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]), args: cmdline.replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
}

async function postgresAt(pid: number, dataDir: string): Promise<ProcessFacts | undefined> {
  const facts = await factsOf(pid);
  return facts?.args.includes(`postgres -D ${dataDir} `) ? facts : undefined;
}

async function stopOrphan(pid: number, dataDir: string): Promise<void> {
  try {
    process.kill(pid, 'SIGINT');
  } catch (cause) {
    throw new Error(`Postgres (process ${pid}) still runs on ${dataDir} and cannot be stopped by this user`, {
      cause,
    });
  }
  for (const deadline = Date.now() + STOP_MS; await postgresAt(pid, dataDir); await sleep(50)) {
    if (Date.now() > deadline) {
      throw new Error(`Postgres (process ${pid}) still runs on ${dataDir} and does not stop`);
    }
  }
}

/** Leaves the data directory free to start on, or says why it is not. */
export async function freeDataDir(dataDir: string): Promise<void> {
  const left = await readPidFile(dataDir);
  if (!left) return;
  const running = await postgresAt(left.pid, await realpath(dataDir));
  if (!running) {
    await rm(pidFilePath(dataDir), { force: true });
    return;
  }
  const keeper = Number(new RegExp(`${KEEPER_SETTING}=(\\d+)`).exec(running.args)?.[1]);
  if (keeper === running.parent) {
    throw new Error(
      `The data directory ${dataDir} is in use by a running Postgres (process ${left.pid}, started by process ${keeper})`,
    );
  }
  await stopOrphan(left.pid, dataDir);
}
