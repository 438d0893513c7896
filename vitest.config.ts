import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const workspaces = [
  'gateway',
  ...['apps', 'packages'].flatMap((dir) => readdirSync(dir).map((name) => `${dir}/${name}`)),
];

export default defineConfig({
  test: {
    globalSetup: ['packages/testing/src/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: workspaces.map((root) => ({
      extends: true,
      test: { name: root.split('/').at(-1) ?? root, root, include: ['src/**/*.test.ts'] },
    })),
  },
});
