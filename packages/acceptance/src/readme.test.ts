import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { platform, uniqueSlug } from './api.ts';

// What the README tells a newcomer to paste, as it is written there, but for the address and for names that are taken.

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

let folder: string;
let readme: string;
let workspaceId: string;

const blocksOf = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);

const fileNamed = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-readme-'));
  readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  await mkdir(join(folder, '.plinth'));
  const { email, password } = platform.users.owner;
  const local = { gateway: platform.url, admin: { email, password } };
  await fileNamed('.plinth/local.json', JSON.stringify(local));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true }));

test('the calls make a workspace, tables and rows, and pasted twice make nothing twice', async () => {
  const unique = uniqueSlug('readme');
  const script = blocksOf('sh')
    .filter((block) => block.includes('curl'))
    .join('\n')
    .replaceAll('http://127.0.0.1:4000', platform.url)
    .replaceAll('acme-corp', unique)
    .replaceAll('readme-', `${unique}-`);
  const path = await fileNamed('calls.sh', `${script}\necho; echo "$WORKSPACE"`);
  const [, expected = ''] = /^`(\[\{"id":2,.*\])`/m.exec(readme) ?? [];
  const workspaces: string[] = [];
  for (let round = 0; round < 2; round++) {
    const { stdout } = await run('bash', [path], { cwd: folder });
    const [rows = '', id = ''] = stdout.trim().split(/\n\n+(?=wks_)/);
    expect(JSON.parse(rows.slice(rows.lastIndexOf('[{"id"')))).toEqual(JSON.parse(expected));
    expect(stdout).not.toContain('"error"');
    workspaces.push(id);
  }
  [workspaceId = ''] = workspaces;
  expect(workspaces).toEqual([expect.stringMatching(/^wks_/), workspaceId]);
});

test('both clients read the same rows', async () => {
  const program = blocksOf('ts').find((block) => block.includes('PostgrestClient')) ?? '';
  const path = await fileNamed('rows.ts', program);
  const { stdout } = await run(process.execPath, [path, workspaceId], { cwd: folder });
  expect(stdout.match(/total: [\d.]+/g)).toEqual(['total: 99', 'total: 12.5', 'total: 12.5', 'total: 99']);
});
