import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const workspaces = [
  'gateway',
  'deploy',
  'scripts',
  'turbo',
  ...['apps', 'packages'].flatMap((dir) => readdirSync(dir).map((name) => `${dir}/${name}`)),
];

// Where `.ci/run` wants the results to be written, to count them.
const report = process.env.PLINTH_TEST_REPORT;

export default defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    globalSetup: ['packages/testing/src/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: workspaces.map((root) => ({
      extends: true,
      test: {
        name: root.split('/').at(-1) ?? root,
        root,
        include: ['{src,documents,generators}/**/*.test.ts'],
        ...(root === 'packages/acceptance' && { globalSetup: ['src/platform-setup.ts'] }),
      },
    })),
  },
});
