import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

const workspaces = [
  'gateway',
  'deploy',
  'scripts',
  'turbo',
  ...['apps', 'packages'].flatMap((dir) => readdirSync(dir).map((name) => `${dir}/${name}`)),
];

// Where `.ci/run` wants the results to be written, to count them.
const report = process.env.PLINTH_TEST_REPORT;

const isReal = process.env.PLINTH_TEST_REAL === '1';

// With the real systems the acceptance tests run a second time, against several gateways and replicas.
const fleets = isReal ? ['packages/acceptance'] : [];

// Tests under load take the machine for themselves: `npm run test:real` runs them when all others are done.
const exclude = [
  ...configDefaults.exclude,
  ...(process.env.PLINTH_TEST_LOAD === '1' ? [] : ['**/*.load.test.ts']),
];

/** Acceptance tests that bring a fleet of their own. */
const withFleet = ['crash', '*-fleet', '*.load'].map((name) => `packages/acceptance/src/${name}.test.ts`);

interface Project {
  root: string;
  name?: string;
  globalSetup?: string[];
  exclude?: string[];
}

// Most tests wait more than they compute, so there is one worker more than cores, and the files of a workspace share a
// process: nothing keeps state in a module, and to load all of them for each file costs as much as many a test. Beside
// the real systems there is no core to spare, and each file has a process of its own, whose memory can be measured.
const workers = isReal ? {} : { maxWorkers: availableParallelism() + 1, isolate: false };

const projects: Project[] = [
  ...workspaces.map((root) => ({
    root,
    ...(root === 'packages/acceptance' && { globalSetup: ['packages/acceptance/src/platform-setup.ts'] }),
  })),
  ...fleets.map((root) => ({
    root,
    name: 'acceptance-fleet',
    globalSetup: ['packages/acceptance/src/fleet-setup.ts'],
    exclude: [...exclude, ...withFleet],
  })),
];

export default defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    globalSetup: ['packages/testing/src/global-setup.ts'],
    ...workers,
    // For machines that are slow or busy: what comes true sooner takes no longer, and only what never does waits for it.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 30_000 } },
    // Without a root of their own they share a server, and each file is transformed once for all of them.
    projects: projects.map(({ root, name = root.split('/').at(-1) ?? root, ...rest }) => ({
      extends: true,
      test: { name, exclude, include: [`${root}/{src,documents,generators}/**/*.test.ts`], ...rest },
    })),
  },
});
