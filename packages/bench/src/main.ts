import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheFolder } from '@plinth/testing/systems/cache';
import { interruption } from '@plinth/testing/systems/system';
import { installWrk } from '@plinth/testing/systems/wrk';
import { assignCores } from './measure/cores.ts';
import { machineFacts } from './measure/machine.ts';
import { type BenchOptions, parseOptions, usageOf } from './options.ts';
import { figuresOf, growthOf, ratiosOf } from './report/figures.ts';
import { reportOf } from './report/print.ts';
import { profileReport } from './report/profile.ts';
import { runScenario, type ScenarioRun } from './run-scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';

async function bench(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const log = (line: string) => console.error(`bench: ${line}`);
  const start = { cache: cacheFolder(process.env), log, signal };
  const { program: wrk, origin } = await installWrk(start);
  const machine = machineFacts();
  const { rounds, seconds, connections } = options;
  console.log(
    `${machine.cores} cores (${machine.model}), ${machine.memoryMib} MiB, Node ${machine.node}; ${origin}\n` +
      `${connections} connections, medians of ${rounds} rounds of ${seconds} s, ` +
      `${options.pinned ? 'load and subject each bound to a core' : 'bound to no core'}\n`,
  );
  const runs: ScenarioRun[] = [];
  for (const scenario of options.scenarios) {
    log(`${scenario.name} starts`);
    const profiles = options.profiles && join(resolve(options.profiles), scenario.name);
    if (profiles) await mkdir(profiles, { recursive: true });
    const cores = assignCores(options.pinned);
    const run = await runScenario(scenario, { ...options, ...start, wrk, cores, profiles });
    runs.push(run);
    console.log(`${reportOf(run)}\n`);
    if (profiles) await printProfiles(profiles);
  }
  if (options.json) await writeFile(options.json, `${JSON.stringify({ machine, runs: runs.map(plain) })}\n`);
}

async function printProfiles(folder: string): Promise<void> {
  for (const file of (await readdir(folder)).filter((each) => each.endsWith('.cpuprofile'))) {
    console.log(profileReport(file.replace('.cpuprofile', ''), await readFile(join(folder, file), 'utf8')));
  }
}

function plain({ scenario, subjects, ...facts }: ScenarioRun): object {
  const figures = subjects.map(figuresOf);
  return {
    scenario: scenario.name,
    ...facts,
    figures,
    ratios: ratiosOf(scenario, figures),
    growth: growthOf(scenario, figures),
    subjects,
  };
}

const signal = interruption();
try {
  const options = parseOptions(process.argv.slice(2), SCENARIOS);
  if (options) await bench(options, signal);
  else console.log(usageOf(SCENARIOS));
} catch (error) {
  const cause = signal.aborted ? signal.reason : error;
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}
