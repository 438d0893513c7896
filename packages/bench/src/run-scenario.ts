import { memoryOf } from '@plinth/local';
import type { StartOptions } from '@plinth/testing/systems/system';
import { loadTransactions } from './load/pgbench.ts';
import { loadTransfers } from './load/transfer.ts';
import { load, type LoadOptions, type LoadResult } from './load/wrk.ts';
import type { Cores } from './measure/cores.ts';
import { cpuMicrosOf } from './measure/cpu-time.ts';
import { loadNow } from './measure/machine.ts';
import { watchGrowth } from './measure/memory-growth.ts';
import type { MeasuredProcess, Scenario, Subject } from './scenario.ts';
import { openStage } from './stage.ts';

// The subjects take turns, a round each, and each round begins with another of them: what the machine does meanwhile,
// and what a turn leaves behind, falls on all alike.

export interface RunOptions extends StartOptions {
  wrk: string;
  rounds: number;
  seconds: number;
  connections: number;
  cores: Cores;
  peers: boolean;
  profiles: string | undefined;
}

export interface ProcessUse {
  name: string;
  /** Microseconds a request. */
  cpu: number;
  memoryMib: number;
}

export interface Round extends LoadResult {
  processes: ProcessUse[];
}

export interface SubjectRounds {
  subject: string;
  rounds: Round[];
  /** MiB by which its first process grew at most since before its first request. */
  grownMib: number;
}

export interface ScenarioRun {
  scenario: Scenario;
  subjects: SubjectRounds[];
  leftOut: string[];
  loadBefore: number;
  loadAfter: number;
}

/** Until V8 has made its best of the code, which it judges by calls, or until that takes too long. */
const WARM_UP = { requests: 40_000, slices: 5, sliceSeconds: 2 };

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<ScenarioRun> {
  const { rounds, seconds, log, signal } = options;
  const stage = await openStage(options);
  const runLoad = (subject: Subject, forSeconds: number): Promise<LoadResult> =>
    under(subject, options, { folder: stage.folder, seconds: forSeconds });
  try {
    const subjects = await scenario.open(stage);
    const growths = subjects.map(({ processes: [first] }) => (first ? watchGrowth(first.pid) : () => 0));
    for (const subject of subjects) {
      signal.throwIfAborted();
      for (const { pid } of subject.processes) await options.cores.measured(pid);
      await warmUp((slice) => runLoad(subject, slice));
    }
    const results = subjects.map(({ name }): SubjectRounds => ({ subject: name, rounds: [], grownMib: 0 }));
    const loadBefore = loadNow();
    for (let round = 0; round < rounds; round += 1) {
      log(`round ${round + 1} of ${rounds}`);
      for (let turn = 0; turn < subjects.length; turn += 1) {
        const which = (round + turn) % subjects.length;
        const [subject, result] = [subjects[which], results[which]];
        signal.throwIfAborted();
        if (subject && result)
          result.rounds.push(await measured(subject.processes, () => runLoad(subject, seconds)));
      }
    }
    for (const [which, result] of results.entries()) result.grownMib = growths[which]?.() ?? 0;
    return { scenario, subjects: results, leftOut: stage.leftOut, loadBefore, loadAfter: loadNow() };
  } finally {
    await stage.close();
  }
}

async function warmUp(runLoad: (seconds: number) => Promise<LoadResult>): Promise<void> {
  let requests = 0;
  for (let slice = 0; slice < WARM_UP.slices && requests < WARM_UP.requests; slice += 1) {
    requests += (await runLoad(WARM_UP.sliceSeconds)).requests;
  }
}

async function under(
  subject: Subject,
  { wrk, cores, connections, signal }: RunOptions,
  run: Pick<LoadOptions, 'folder' | 'seconds'>,
): Promise<LoadResult> {
  const request = await subject.request();
  try {
    const options = { prefix: cores.loadPrefix, signal, ...run };
    if ('databaseUrl' in request) return await loadTransactions(request, options);
    if ('transfer' in request) return await loadTransfers(request, options);
    return await load(request, { program: wrk, connections, ...options });
  } catch (error) {
    throw new Error(`${subject.name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

async function measured(
  processes: readonly MeasuredProcess[],
  runLoad: () => Promise<LoadResult>,
): Promise<Round> {
  const before = processes.map(({ pid }) => cpuMicrosOf(pid));
  const result = await runLoad();
  const uses = processes.map(({ name, pid }, i): ProcessUse => {
    const cpu = (cpuMicrosOf(pid) - (before[i] ?? 0)) / result.requests;
    return { name, cpu, memoryMib: memoryOf(pid) ?? 0 };
  });
  return { ...result, processes: uses };
}
