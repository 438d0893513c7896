import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { isFullSize } from '@plinth/testing/full-size';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WIRINGS } from './wirings.ts';

// The generator as it is run, in a copy of the repository: what it makes passes the same checks as what is here.

const ROOT = join(import.meta.dirname, '../..');
const COPIED = [
  ...['apps', 'gateway', 'packages', 'scripts', 'turbo', 'docker-compose.yml', '.env.example', 'deploy'],
  ...['.gitignore', 'biome.json', 'package.json', 'package-lock.json', 'tsconfig.json', 'turbo.json'],
];
const LEFT_OUT = new Set(['node_modules', 'dist', '.turbo', '.vitest']);

let copy: string;
let generated: Awaited<ReturnType<typeof run>>;
const before = new Map<string, string>();

const read = (path: string) => readFile(join(copy, path), 'utf8');

/** Ends with what the program said, and 0 if it was content. */
function run(bin: string, ...args: string[]): Promise<{ code: number | string; output: string }> {
  return new Promise((resolve) => {
    execFile(join(copy, 'node_modules/.bin', bin), args, { cwd: copy }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr });
    });
  });
}

const filesOf = async (app: string): Promise<string[]> => {
  const entries = await readdir(join(copy, app), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(join(copy, app).length + 1)).sort();
};

/** All that is installed, but of our own packages the copies. */
async function linkModules(): Promise<void> {
  const own = join(copy, 'node_modules/@plinth');
  await mkdir(own, { recursive: true });
  const installed = (await readdir(join(ROOT, 'node_modules'))).filter((name) => name !== '@plinth');
  const workspaces = await Promise.all(
    ['apps', 'packages'].map(async (dir) => (await readdir(join(copy, dir))).map((name) => join(dir, name))),
  );
  await Promise.all([
    ...installed.map((name) => symlink(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name))),
    ...['gateway', ...workspaces.flat()].map((path) => symlink(join(copy, path), join(own, basename(path)))),
  ]);
}

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'plinth-generator-'));
  const filter = (source: string) => !LEFT_OUT.has(basename(source));
  const copies = COPIED.map((name) => cp(join(ROOT, name), join(copy, name), { recursive: true, filter }));
  await Promise.all(copies);
  await linkModules();
  for (const { path } of WIRINGS) before.set(path, await read(path));
  generated = await run('gen', 'run', 'service', '--args', 'trial-run', 'test-drive', 'test-drives');
});
afterAll(() => rm(copy, { recursive: true, force: true }));

test('the new service has the shape of the others', async () => {
  const made = await filesOf('apps/trial-run');
  const roles = ['int.test', 'repo', 'router', 'schema', 'service', 'test'];
  const own = [
    'README.md',
    'migrations/0001_test_drives.sql',
    ...roles.map((role) => `src/test-drive/test-drive.${role}.ts`),
  ];
  expect(made).toEqual(expect.arrayContaining(own));
  const shape = made.filter((path) => !own.includes(path));
  expect(shape).toContain('src/main.ts');
  expect(await filesOf('apps/tenancy')).toEqual(expect.arrayContaining(shape));
});

test.each([
  ['packages/contracts/src/upstreams.ts', ["'trial-run'"]],
  ['packages/contracts/src/permissions.ts', ["'test-drives:read',", "'test-drives:write',"]],
  ['packages/contracts/src/ids.ts', ["testDrive: 'tst',"]],
  ['packages/contracts/src/errors.ts', ["TEST_DRIVE_NOT_FOUND: [404, 'The test drive was not found'],"]],
  [
    'packages/contracts/src/degraded-modes.ts',
    [
      "'trial-run': lostService('test drives', 'every other service'),",
      "'trial-run.postgres': lostDatabase('test drives', 'every other service'),",
    ],
  ],
  ['gateway/src/routes.ts', ["{ ...CALLER_ROUTE, prefix: '/v1/test-drives', service: 'trial-run' },"]],
  ['packages/local/src/services.ts', ["app('trial-run'),"]],
  [
    'scripts/documents/settings.ts',
    [
      "import { settings as trialRun } from '../../apps/trial-run/src/env.ts';",
      "{ title: 'trial-run', schema: trialRun },",
    ],
  ],
  [
    'packages/client/src/services.ts',
    [
      "import type { AppRouter as TrialRunRouter } from '../../../apps/trial-run/src/router.ts';",
      "'trial-run': TrialRunRouter;",
    ],
  ],
  [
    '.env.example',
    [
      'TRIAL_RUN_DATABASE_PASSWORD=',
      '#TRIAL_RUN_URL=http://trial-run:4000',
      '#TRIAL_RUN_INTERNAL_URL=http://trial-run:9400',
    ],
  ],
  [
    'deploy/src/settings.test.ts',
    [
      "import { settings as trialRun } from '../../apps/trial-run/src/env.ts';",
      "const processes = { gateway, 'trial-run': trialRun,",
      "'trial-run'",
    ],
  ],
])('%s gets its entry, and nothing else', async (path, entries) => {
  const lines = before.get(path)?.split('\n') ?? [];
  const changed = (await read(path)).split('\n').filter((line) => !lines.includes(line));
  expect(changed).toEqual(entries.map((entry) => expect.stringContaining(entry)));
});

test('it gets a container with keys, a login and a volume of its own', async () => {
  const lines = before.get('docker-compose.yml')?.split('\n') ?? [];
  const compose = await read('docker-compose.yml');
  const added = compose.split('\n').filter((line) => !lines.includes(line));
  const password = `\${TRIAL_RUN_DATABASE_PASSWORD:?make one with openssl rand -hex 32}`;
  expect(added).toEqual(
    expect.arrayContaining([
      `      TRIAL_RUN_URL: \${TRIAL_RUN_URL:-http://trial-run:4000}`,
      '      trial-run: { condition: service_healthy }',
      '    command: node apps/trial-run/src/main.ts',
      `      DATABASE_URL: postgres://trial-run:${password}@postgres:5432/plinth`,
      `        postgres://trial-run:${password}@postgres:5432/plinth`,
      '      - trial-run:/var/lib/plinth/trial-run',
      '  trial-run: {}',
    ]),
  );
});

test('all of it passes the checks as it is', async () => {
  const touched = ['apps/trial-run', ...before.keys()];
  expect(await run('biome', 'check', ...touched)).toMatchObject({ code: 0 });
  // With all that it imports. That nothing else minds is worth the types of everything only beside the real systems.
  const project = isFullSize ? 'tsconfig.json' : 'tsconfig.touched.json';
  const include = [...touched.filter((path) => ['', '.ts'].includes(extname(path))), 'packages/**/*.d.ts'];
  await writeFile(
    join(copy, 'tsconfig.touched.json'),
    JSON.stringify({ extends: './tsconfig.json', include }),
  );
  expect(await run('tsc', '--project', project, '--noEmit', '--singleThreaded')).toEqual({
    code: 0,
    output: '',
  });
});

test('it says what comes next, and does not do it twice', async () => {
  expect(generated).toMatchObject({ code: 0, output: expect.stringContaining('npm run documents') });
  const again = await run('gen', 'run', 'service', '--args', 'trial-run', 'rerun', 'reruns');
  expect(again).toMatchObject({ code: 1, output: expect.stringContaining('trial-run is taken') });
  expect(await filesOf('apps/trial-run')).not.toContain('src/rerun/rerun.router.ts');
});
