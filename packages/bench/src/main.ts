import { writeFile } from 'node:fs/promises';
import { cacheFolder } from '@plinth/testing/systems/cache';
import { interruption } from '@plinth/testing/systems/system';
import { installWrk } from '@plinth/testing/systems/wrk';
import { assignCores } from './measure/cores.ts';
import { machineFacts } from './measure/machine.ts';
import { type BenchOptions, parseOptions, usageOf } from './options.ts';
import { figuresOf, ratiosOf } from './report/figures.ts';
import { reportOf } from './report/print.ts';
import { runScenario, type ScenarioRun } from './run-scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';

async function bench(options: BenchOptions): Promise<void> {
  const signal = interruption();
  const log = (line: string) => console.error(`bench: ${line}`);
  const start = { cache: cacheFolder(process.env), log, signal };
  const { program: wrk, origin } = await installWrk(start);
  const machine = machineFacts();
  const { rounds, seconds, connections } = options;
  console.log(
    `${machine.cores} cores (${machine.model}), ${machine.memoryMib} MiB, Node ${machine.node}; ${origin}\n` +
      `${connections} connections, medians of ${rounds} rounds of ${seconds} s, ` +
      `${options.pinned ? 'load and subject each on a core of its own' : 'on any core'}\n`,
  );
  const runs: ScenarioRun[] = [];
  for (const scenario of options.scenarios) {
    log(`${scenario.name} starts`);
    const run = await runScenario(scenario, {
      ...options,
      ...start,
      wrk,
      cores: assignCores(options.pinned),
    });
    runs.push(run);
    console.log(`${reportOf(run)}\n`);
  }
  if (options.json) await writeFile(options.json, `${JSON.stringify({ machine, runs: runs.map(plain) })}\n`);
}

function plain({ scenario, subjects, ...facts }: ScenarioRun): object {
  const figures = subjects.map(figuresOf);
  return { scenario: scenario.name, ...facts, figures, ratios: ratiosOf(scenario, figures), subjects };
}

try {
  const options = parseOptions(process.argv.slice(2), SCENARIOS);
  if (options) await bench(options);
  else console.log(usageOf(SCENARIOS));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
