import { parseArgs } from 'node:util';
import { cacheFolder } from './cache.ts';
import type { ServerProcess } from './server-process.ts';

/**
 * A real system is an outside server that tests run against: the one in production, or the nearest to it
 * that a package registry has. Each file here installs, starts and stops one, on a free loopback port and in
 * a fresh temporary folder, so that any number of them run side by side and leave nothing behind.
 */
export type System = {
  name: string;
  /** What it is and which settings it hands to the tests, for `--help`. */
  summary: string;
  start(options: StartOptions): Promise<RunningSystem>;
};

export type StartOptions = {
  /** Downloads that outlive the run. Not there on a new machine. */
  cache: string;
  /** Told what is going on, one line at a time. */
  log(line: string): void;
  /** Aborted by Ctrl-C: the start then fails and leaves nothing running. */
  signal: AbortSignal;
};

export type RunningSystem = ServerProcess & {
  name: string;
  version: string;
  /** Where the programs came from. */
  origin: string;
  /** The variables by which tests find it. */
  env: Record<string, string>;
};

/** A Ctrl-C reaches a process twice, when npm or the like passes on what the terminal has told everyone. */
const ONE_SIGNAL_MS = 1_000;

/** Aborted by the first SIGINT or SIGTERM; another one later ends the process as usual. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    const interrupt = () => {
      if (controller.signal.aborted) return;
      setTimeout(() => process.off(name, interrupt), ONE_SIGNAL_MS).unref();
      controller.abort(new Error(`stopped by ${name}`));
    };
    process.on(name, interrupt);
  }
  return controller.signal;
}

/** A system that one suite has to itself, to do with as it likes. */
export function startOwn({ start }: System): Promise<RunningSystem> {
  return start({ cache: cacheFolder(process.env), log() {}, signal: new AbortController().signal });
}

/** `node packages/testing/systems/redis.ts`: one system, until Ctrl-C. */
export async function runAlone(system: System): Promise<void> {
  const signal = interruption();
  const log = (line: string) => console.error(`${system.name}: ${line}`);
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
    if (values.help) {
      console.log(system.summary);
      console.log('\nStarts it on a free loopback port, prints its settings, and stops it on Ctrl-C.');
      console.log('What it downloads is kept in PLINTH_CACHE (~/.cache/plinth).');
      return;
    }
    const running = await system.start({ cache: cacheFolder(process.env), log, signal });
    log(`${running.version} from ${running.origin}; Ctrl-C stops it`);
    for (const [name, value] of Object.entries(running.env)) console.log(`${name}=${value}`);
    await aborted(signal);
    await running.stop();
    log('stopped');
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  // A signal handler alone does not keep the process alive.
  const alive = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}
