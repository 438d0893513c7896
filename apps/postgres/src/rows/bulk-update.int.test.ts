import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// Rows that are each set to something else, and which of them there were not.

const postgres = await openPostgres();
const member = postgres.newMember();
const schema = await postgres.makeWorkspace(member);

const patch = (rows: readonly object[]) =>
  postgres.send(member, {
    method: 'PATCH',
    url: `/v1/postgres/${member.workspaceId}/rows/city?on=name`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(rows),
  });

beforeAll(() =>
  postgres.sql(`set role ${schema}_owner; create table ${schema}.city (name text primary key, people int)`),
);
beforeEach(() =>
  postgres.sql(`truncate ${schema}.city; insert into ${schema}.city values ('Bern', 1), ('東京', 2)`),
);

test('are set by their keys, and the keys of those that are not there are told', async () => {
  const { status, headers } = await patch([
    { name: 'Bern', people: 10 },
    { name: '東京', people: 20 },
    { name: '大阪\n"2"', people: 30 },
    { name: 'Genève\u007f', people: 40 },
  ]);
  expect([status, headers['x-rows-affected']]).toEqual([204, '2']);
  expect(headers['x-rows-unmatched']).toMatch(/^[ -~]+$/);
  expect(JSON.parse(String(headers['x-rows-unmatched']))).toEqual(
    expect.arrayContaining([{ name: '大阪\n"2"' }, { name: 'Genève\u007f' }]),
  );
  expect(await postgres.sql(`select people from ${schema}.city order by people`)).toEqual([
    { people: 10 },
    { people: 20 },
  ]);
});

test('of very many that are not there as many are told as a header holds', async () => {
  const names = Array.from({ length: 1_000 }, (_, i) => `${String(i).padStart(4, '0')}-${'x'.repeat(40)}`);
  const { status, headers } = await patch(names.map((name) => ({ name, people: 1 })));
  expect([status, headers['x-rows-affected']]).toEqual([204, '0']);
  const told: { name: string }[] = JSON.parse(String(headers['x-rows-unmatched']));
  expect(told.length).toBeGreaterThan(50);
  expect(names).toEqual(expect.arrayContaining(told.map(({ name }) => name)));
  expect(String(headers['x-rows-unmatched']).length).toBeLessThan(5_000);
});
