import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@plinth/testing/systems/command';
import { median } from '../measure/statistics.ts';
import type { LoadOptions, LoadResult } from './wrk.ts';

// One run of pgbench: the same transaction again and again, on as many connections as there are requests at once.

export interface TransactionLoad {
  /** pgbench. */
  program: string;
  /** Of a login that may do it. */
  databaseUrl: string;
  /** In pgbench's own words. */
  script: string;
  /** Variables that each client begins with. */
  variables?: Readonly<Record<string, string>>;
}

/** More backends than that only take the cores from each other. */
const CLIENTS = 8;

/** Microseconds of each transaction: the third field of a line of the log. */
async function latencies(folder: string): Promise<number[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('pgbench_log'));
  const logs = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  await Promise.all(names.map((name) => rm(join(folder, name))));
  return logs.flatMap((log) =>
    log
      .split('\n')
      .filter(Boolean)
      .map((line) => Number(line.split(' ')[2])),
  );
}

export async function loadTransactions(
  { program, databaseUrl, script, variables = {} }: TransactionLoad,
  { prefix, seconds, folder, signal }: Omit<LoadOptions, 'program' | 'connections'>,
): Promise<LoadResult> {
  const file = join(folder, 'transaction.sql');
  await writeFile(file, script, { mode: 0o600 });
  const flags = [
    '--no-vacuum',
    '--protocol=prepared',
    `--client=${CLIENTS}`,
    '--jobs=1',
    `--time=${seconds}`,
    ...Object.entries(variables).map(([name, value]) => `--define=${name}=${value}`),
  ];
  const log = ['--log', `--log-prefix=${join(folder, 'pgbench_log')}`];
  const [command = program, ...args] = [...prefix, program, ...flags, ...log, `--file=${file}`, databaseUrl];
  const output = await run(command, args, { signal });
  const failed = Number(/number of failed transactions: (\d+)/.exec(output)?.[1] ?? 0);
  if (failed > 0) throw new Error(`${failed} transactions failed:\n${output}`);
  const times = (await latencies(folder)).sort((a, b) => a - b);
  if (times.length === 0) throw new Error(`pgbench told no transaction:\n${output}`);
  const percentile = (part: number): number => (times[Math.floor(times.length * part)] ?? 0) / 1_000;
  return {
    requests: times.length,
    requestsPerSecond: Number(/tps = ([\d.]+)/.exec(output)?.[1]),
    p50Ms: median(times) / 1_000,
    p95Ms: percentile(0.95),
    p99Ms: percentile(0.99),
  };
}
