import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readClusterSettings } from './setting.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-clusters-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: string) {
  const file = join(folder, 'clusters.json');
  writeFileSync(file, content);
  return readClusterSettings(file);
}

const main = { name: 'main', adminUrl: 'postgres://admin:s3cret@db:5432/workspaces' };

test('a name and where the admin connects are enough', () => {
  expect(read(JSON.stringify([main]))).toEqual([
    { ...main, poolMode: 'session', maxWorkspaces: 2_000, sqlCredentials: false },
  ]);
});

test.each([
  ['no JSON', '[{"adminUrl":"postgres://a:s3cret@db/x"'],
  ['an empty list', '[]'],
  ['a name twice', JSON.stringify([main, main])],
  ['no database', JSON.stringify([{ ...main, adminUrl: 'postgres://a:s3cret@db' }])],
  ['another scheme', JSON.stringify([{ ...main, adminUrl: 'mysql://a:s3cret@db/x' }])],
  ['an unknown field', JSON.stringify([{ ...main, password: 's3cret' }])],
])('%s is refused, and not repeated', (_, content) => {
  expect(() => read(content)).toThrow(/^The file of clusters .* (is not JSON|is not valid: )/);
  expect(() => read(content)).not.toThrow(/s3cret/);
});

test('a file that is not there is named', () => {
  expect(() => readClusterSettings(join(folder, 'none.json'))).toThrow(/none\.json cannot be read/);
});
