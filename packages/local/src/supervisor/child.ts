import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BackoffOptions, createBackoff } from './backoff.ts';
import { type Readiness, waitUntilReady } from './readiness.ts';

// One process that is kept running: started, awaited until ready, started again after growing pauses when it ends, stopped when
// asked. Each leads a process group of its own, so that Ctrl-C reaches the supervisor alone and the stop keeps its order.

export interface Launch {
  entry: string;
  args?: readonly string[];
  env: Record<string, string>;
}

export interface ProcessSpec {
  name: string;
  /** The processes that must be ready before this one starts, and that stop after it. */
  after: readonly string[];
  /** Asked before each start. */
  launch: () => Promise<Launch> | Launch;
  readiness: Readiness;
}

export interface ChildOptions {
  backoff: BackoffOptions;
  /** How long a start may take until it counts as failed. */
  startMs: number;
  onLine: (name: string, line: string) => void;
  onNotice: (name: string, notice: string) => void;
  onSpawn: (pid: number) => void;
}

export interface Child {
  readonly name: string;
  pid(): number | undefined;
  /** Resolves when it is ready for the first time, rejects with a StartFailure when it will not be. */
  start(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly lastLines: readonly string[];

  constructor(message: string, lastLines: readonly string[]) {
    super(message);
    this.lastLines = lastLines;
  }
}

const LINES_KEPT = 20;
/** Wrong settings (78, EX_CONFIG) and a refusal to start (1) do not get better by trying again. */
const FINAL_CODES = [1, 78];
const DRAIN_MS = 500;
const FOLLOW = new URL('./follow.ts', import.meta.url).href;

interface Ending {
  how: string;
  code: number | null;
  /** For how long it had been ready; undefined if it never was. */
  readyMs?: number;
}

export function createChild(spec: ProcessSpec, options: ChildOptions): Child {
  const stopping = new AbortController();
  const firstReady = Promise.withResolvers<void>();
  const lastLines: string[] = [];
  let running: ChildProcess | undefined;
  let finished: Promise<void> = Promise.resolve();

  function keepLine(line: string): void {
    lastLines.push(line);
    if (lastLines.length > LINES_KEPT) lastLines.shift();
    options.onLine(spec.name, line);
  }

  async function runOnce(): Promise<Ending> {
    const { entry, args = [], env } = await spec.launch();
    const child = fork(entry, args, {
      env,
      execArgv: ['--import', FOLLOW],
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const ended = endOf(child);
    running = child;
    if (child.pid !== undefined) options.onSpawn(child.pid);
    for (const output of [child.stdout, child.stderr]) {
      if (output) createInterface({ input: output }).on('line', keepLine);
    }
    if (stopping.signal.aborted) child.kill('SIGTERM');

    const over = new AbortController();
    let readyAt: number | undefined;
    let isLate = false;
    void waitUntilReady(spec.readiness, child, { timeoutMs: options.startMs, signal: over.signal }).then(
      (outcome) => {
        if (outcome === 'ready') readyAt = Date.now();
        if (outcome === 'ready') firstReady.resolve();
        if (outcome === 'late') isLate = true;
        if (outcome === 'late') killGroup(child);
      },
    );
    const ending = await ended;
    over.abort();
    running = undefined;
    if (isLate) return { how: `was not ready within ${options.startMs / 1000} s`, code: 1 };
    return readyAt === undefined ? ending : { ...ending, readyMs: Date.now() - readyAt };
  }

  async function keepRunning(): Promise<void> {
    const delayAfter = createBackoff(options.backoff);
    const giveUpAt = Date.now() + options.startMs;
    let everReady = false;
    while (!stopping.signal.aborted) {
      const { how, code, readyMs } = await runOnce().catch(couldNotLaunch);
      if (stopping.signal.aborted) return;
      everReady ||= readyMs !== undefined;
      if (!everReady && (FINAL_CODES.includes(code ?? 0) || Date.now() > giveUpAt)) {
        return firstReady.reject(new StartFailure(`${spec.name} ${how}`, lastLines));
      }
      const delay = delayAfter(readyMs ?? 0);
      options.onNotice(spec.name, `${how}; starting it again in ${delay / 1000} s`);
      await sleep(delay, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    name: spec.name,
    pid: () => running?.pid,
    start() {
      if (stopping.signal.aborted) return Promise.resolve();
      finished = keepRunning();
      return firstReady.promise;
    },
    async stop(graceMs) {
      stopping.abort();
      firstReady.resolve();
      running?.kill('SIGTERM');
      const impatient = setTimeout(() => {
        if (!running) return;
        options.onNotice(spec.name, `did not stop within ${graceMs / 1000} s; killing it`);
        killGroup(running);
      }, graceMs);
      await finished;
      clearTimeout(impatient);
    },
  };
}

function endOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(couldNotLaunch(error)));
    child.once('exit', async (code, signal) => {
      // Its last lines may still be in the pipe; a process of its own may hold the pipe open for ever.
      await Promise.race([once(child, 'close'), sleep(DRAIN_MS)]);
      resolve({ how: signal ? `was ended by ${signal}` : `ended with code ${code}`, code });
    });
  });
}

const couldNotLaunch = (error: unknown): Ending => ({
  how: `could not be started: ${error instanceof Error ? error.message : String(error)}`,
  code: 1,
});

/** With whatever it has started itself. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
