import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseEnv } from '@plinth/service';
import { clusters } from './setting.ts';

const read = (content: string) =>
  parseEnv(z.object({ CLUSTERS: clusters() }), { CLUSTERS: content }).CLUSTERS;

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
  expect(() => read(content)).toThrow(/CLUSTERS: \S/);
  expect(() => read(content)).not.toThrow(/s3cret/);
});
