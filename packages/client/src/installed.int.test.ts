import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// The client as a stranger's project has it: no workspace, no Node types, every declaration checked.

const PACKAGE = join(import.meta.dirname, '..');
const BIN = join(PACKAGE, '../../node_modules/.bin');

const PROGRAM = `
import { createClient, isPlinthError, pages } from '@plinth/client';

const client = createClient({ url: 'http://127.0.0.1:1', auth: async () => 'token', retries: 0 });
try {
  for await (const tenant of pages((cursor) => client.tenancy.tenant.list.query({ cursor }))) {
    const plan: 'free' | 'starter' | 'pro' | 'enterprise' = tenant.plan;
    console.log(plan);
  }
} catch (error) {
  if (isPlinthError(error, 'NETWORK')) console.log(error.code satisfies 'NETWORK');
}

export const wrong = () => [
  // @ts-expect-error: no such plan
  client.tenancy.tenant.list.query({ plan: 'golden' }),
  // @ts-expect-error: not a string
  client.tenancy.tenant.get.query({ tenantId: 7 }),
  // @ts-expect-error: no such code
  isPlinthError(undefined, 'NOPE'),
];
`;

let project: string;

beforeAll(() => {
  execFileSync(process.execPath, ['build/build.ts'], { cwd: PACKAGE, stdio: 'pipe' });
  project = mkdtempSync(join(tmpdir(), 'plinth-client-'));
  cpSync(join(PACKAGE, 'dist'), join(project, 'node_modules/@plinth/client'), { recursive: true });
  symlinkSync(join(PACKAGE, '../../node_modules/@trpc'), join(project, 'node_modules/@trpc'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(project, 'program.ts'), PROGRAM);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('its types hold by themselves: %s', (module, resolution) => {
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2023,dom', '--types', ''];
  const how = ['--module', module, '--moduleResolution', resolution, 'program.ts'];
  const run = () => execFileSync(join(BIN, 'tsc'), [...options, ...how], { cwd: project, encoding: 'utf8' });
  expect(run()).toBe('');
});

test('it runs', () => {
  expect(execFileSync(process.execPath, ['program.ts'], { cwd: project, encoding: 'utf8' })).toBe(
    'NETWORK\n',
  );
});

test('it needs nothing that a browser lacks', () => {
  const code = readFileSync(join(PACKAGE, 'dist/index.js'), 'utf8');
  const imports = [...code.matchAll(/\b(?:from|import|require)\b[ (]*["']([^"']+)/g)].map(([, name]) => name);
  expect(imports).toEqual(['@trpc/client']);
  expect(code).not.toMatch(/\b(?:process|Buffer)\./);
});
