import { run } from '@plinth/testing/systems/command';
import { median } from '../measure/statistics.ts';
import type { LoadOptions, LoadResult } from './wrk.ts';

// One whole answer after another, each by a program that counts its lines and throws them away: what a row of it costs.

export interface TransferLoad {
  /** The lines of what this prints are rows. */
  transfer: readonly [string, ...string[]];
  /** How many have to come. */
  rows: number;
}

/** The program and its arguments as arguments of the shell, which takes them as they are. */
const COUNT_LINES = ['bash', '-o', 'pipefail', '-c', '"$@" | wc --lines', 'transfer'];

export async function loadTransfers(
  { transfer, rows }: TransferLoad,
  { prefix, seconds, signal }: Pick<LoadOptions, 'prefix' | 'seconds' | 'signal'>,
): Promise<LoadResult> {
  const [program = '', ...args] = [...prefix, ...COUNT_LINES, ...transfer];
  const tookMs: number[] = [];
  const began = performance.now();
  while (performance.now() - began < seconds * 1_000) {
    const start = performance.now();
    const lines = Number(await run(program, args, { signal }));
    tookMs.push(performance.now() - start);
    if (lines !== rows) throw new Error(`${lines} rows came, and not ${rows}`);
  }
  const longest = Math.max(...tookMs);
  return {
    requests: tookMs.length * rows,
    requestsPerSecond: (tookMs.length * rows * 1_000) / (performance.now() - began),
    p50Ms: median(tookMs),
    p95Ms: longest,
    p99Ms: longest,
  };
}
