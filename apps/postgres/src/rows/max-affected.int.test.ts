import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// No request writes more rows than it says it may.

const postgres = await openPostgres();
const member = postgres.newMember();
const schema = await postgres.makeWorkspace(member);

beforeAll(() => postgres.sql(`set role ${schema}_owner; create table ${schema}.one (id int primary key)`));
beforeEach(() => postgres.sql(`truncate ${schema}.one`));

const JSON_TYPE = 'application/json';
const LINES = 'application/x-ndjson';
const MERGED = 'resolution=merge-duplicates, ';
const listed = (count: number) => JSON.stringify(Array.from({ length: count }, (_, id) => ({ id })));
const lines = (count: number) => Array.from({ length: count }, (_, id) => `{"id":${id}}\n`).join('');

test.each([
  ['an insert', 'POST', '', JSON_TYPE, listed(3), '', 2],
  ['a merge', 'POST', '', JSON_TYPE, listed(3), MERGED, 2],
  ['an import', 'POST', '', LINES, lines(1_500), '', 1_499],
  ['a put', 'PUT', '?id=eq.0', JSON_TYPE, '{"id":0}', '', 0],
] as const)('%s by %s', async (_, method, query, type, payload, prefer, most) => {
  const send = (maxAffected: number) =>
    postgres.send(member, {
      method,
      url: `/v1/postgres/${member.workspaceId}/rows/one${query}`,
      headers: { 'content-type': type, prefer: `${prefer}max-affected=${maxAffected}` },
      payload,
    });
  const { status, body } = await send(most);
  expect([status, body.error?.code, body.error?.details?.affected]).toEqual([
    422,
    'MAX_AFFECTED_EXCEEDED',
    most + 1,
  ]);
  expect(await postgres.sql(`select from ${schema}.one`)).toEqual([]);
  const { status: done, headers } = await send(most + 1);
  expect([done, headers['preference-applied']]).toEqual([
    201,
    expect.stringContaining(`max-affected=${most + 1}`),
  ]);
});
