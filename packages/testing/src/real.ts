import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../systems/cache.ts';
import { keycloak } from '../systems/keycloak.ts';
import { postgres } from '../systems/postgres.ts';
import { redis } from '../systems/redis.ts';
import { interruption, type RunningSystem, type System } from '../systems/system.ts';

// The integration and acceptance suites once more, unchanged, against the systems of production in place of the
// embedded ones.

const systems: System[] = [postgres, redis, keycloak];
const suites = ['.int.test.ts', 'packages/acceptance/'];
const load = '.load.test.ts';
const root = join(import.meta.dirname, '../../..');

const usage = `Usage: npm run test:real [-- [--only postgres,redis] [path…]]

Installs and starts real systems on free loopback ports (Debian, as root), runs the integration and acceptance
suites against them, then the tests under load by themselves, and stops them. Systems left out by --only are the
embedded ones. With a path, only tests whose path contains it run.

${systems.map(({ name, summary }) => `${name}: ${summary.replaceAll('\n', ' ')}`).join('\n')}

Each can be run by itself: node packages/testing/systems/redis.ts`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const signal = interruption();
  const running: Started[] = [];
  try {
    await startAll(choose(values.only), running, signal);
    console.log(`\n${running.map(describe).join('\n')}\n`);
    return await runAll(positionals, environmentOf(running), signal);
  } finally {
    await Promise.all(running.map(({ system }) => system.stop()));
    if (running.length > 0) console.log('The real systems are stopped.');
  }
}

function choose(only: string | undefined): System[] {
  if (only === undefined) return systems;
  return only.split(',').map((name) => {
    const system = systems.find((one) => one.name === name.trim());
    if (system) return system;
    throw new Error(`No system is called ${name}; there are ${systems.map((one) => one.name).join(', ')}.`);
  });
}

type Started = { system: RunningSystem; seconds: number };

/** All at once; when one fails the others are waited for, so that `running` then lists whatever must be stopped. */
async function startAll(chosen: System[], running: Started[], signal: AbortSignal): Promise<void> {
  const results = await Promise.allSettled(
    chosen.map(async ({ name, start }) => {
      const began = performance.now();
      const log = (line: string) => console.log(`${name}: ${line}`);
      const system = await start({ cache: cacheFolder(process.env), log, signal });
      running.push({ system, seconds: (performance.now() - began) / 1000 });
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function describe({ system, seconds }: Started): string {
  return `${system.name} ${system.version}, ${system.origin}, up in ${seconds.toFixed(1)} s`;
}

function environmentOf(running: Started[]): NodeJS.ProcessEnv {
  const found = running.map(({ system }) => system.env);
  return Object.assign({}, process.env, ...found, { PLINTH_TEST_REAL: '1' });
}

async function runAll(paths: string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  const withLoad = { ...env, PLINTH_TEST_LOAD: '1' };
  if (paths.length > 0) return runSuites(paths, withLoad, signal);
  const code = await runSuites(suites, env, signal);
  const report = env.PLINTH_TEST_REPORT?.replace(/\.json$/, '.load.json');
  const oneByOne = [load, '--no-file-parallelism'];
  return (await runSuites(oneByOne, { ...withLoad, PLINTH_TEST_REPORT: report }, signal)) || code;
}

function runSuites(filters: string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...filters], { cwd: root, env, stdio: 'inherit' });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
