import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@plinth/contracts';
import { answersOk, FOLLOW } from '@plinth/local';

// One process of a fleet: its own entry point, at addresses that stay the same over restarts. Nothing starts it again but
// the test that holds it.

const READY_WITHIN_MS = 180_000;
const ENDED_WITHIN_MS = 60_000;
const LINES_KEPT = 400;

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** From the signal that ended it, or from its start where there was none. */
  seconds: number;
}

export interface FleetProcess {
  /** `tenancy-2` is the second replica of tenancy. */
  readonly name: string;
  readonly service: ServiceName;
  readonly url: string;
  readonly internalUrl: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** Comes back when it is ready. */
  start(): Promise<void>;
  /** Sends any signal, SIGSTOP and SIGCONT too, and does not wait. */
  signal(name: NodeJS.Signals): void;
  /** Ends it, and comes back when it has: with SIGKILL it crashed, with SIGTERM it was asked to stop. */
  kill(signal?: NodeJS.Signals): Promise<Ending>;
  /** Ends it and starts it again. */
  restart(signal?: NodeJS.Signals): Promise<Ending>;
  /** What it wrote last, over all its lives. */
  log(): string;
}

export interface FleetProcessOptions {
  name: string;
  service: ServiceName;
  url: string;
  internalUrl: string;
  entry: string;
  env: Record<string, string>;
}

interface Life {
  child: ChildProcess;
  since: number;
  ended: Promise<Ending>;
}

export function createFleetProcess(options: FleetProcessOptions): FleetProcess {
  const { name, service, url, internalUrl, entry, env } = options;
  const lines: string[] = [];
  let life: Life | undefined;

  function keep(line: string): void {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
  }

  function spawn(): Life {
    const child = fork(entry, [], {
      env,
      execArgv: ['--import', FOLLOW],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const output of [child.stdout, child.stderr]) {
      if (output) createInterface({ input: output }).on('line', keep);
    }
    const ended = once(child, 'exit').then(([code, signal]): Ending => {
      keep(`[${name} ended: ${signal ?? code}]`);
      life = undefined;
      return { code, signal, seconds: (performance.now() - begun.since) / 1_000 };
    });
    const begun: Life = { child, since: performance.now(), ended };
    return begun;
  }

  async function start(): Promise<void> {
    if (life) throw new Error(`${name} runs already`);
    life = spawn();
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await answersOk(`${internalUrl}/health/ready`))) {
      if (life && Date.now() < deadline) await sleep(50);
      else throw new Error(`${name} did not become ready:\n${lines.join('\n')}`);
    }
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending> {
    const ending = life;
    if (!ending) throw new Error(`${name} does not run`);
    ending.since = performance.now();
    ending.child.kill(signal);
    const late = sleep(ENDED_WITHIN_MS, undefined, { ref: false }).then(() => {
      throw new Error(`${name} did not end after ${signal}:\n${lines.join('\n')}`);
    });
    return Promise.race([ending.ended, late]);
  }

  return {
    name,
    service,
    url,
    internalUrl,
    pid: () => life?.child.pid,
    start,
    signal: (signal) => void life?.child.kill(signal),
    kill,
    async restart(signal = 'SIGTERM') {
      const ending = await kill(signal);
      await start();
      return ending;
    },
    log: () => lines.map((line) => `${name} | ${line}`).join('\n'),
  };
}
