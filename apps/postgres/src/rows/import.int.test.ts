import { randomUUID } from 'node:crypto';
import type { Caller } from '@plinth/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// Rows of any number, as lines, all of them or none.

const MANY = 2_400;

const postgres = await openPostgres();
const member = postgres.newMember();
const user: Caller = { ...member, kind: 'endUser', id: 'usr_1', claims: { sub: 'ada' } };
const schema = await postgres.makeWorkspace(member);

const post = (path: string, payload: string, headers: Record<string, string> = {}, caller = member) =>
  postgres.send(caller, {
    method: 'POST',
    url: `/v1/postgres/${member.workspaceId}/rows/${path}`,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    payload,
  });
const CSV = { 'content-type': 'text/csv' };

const count = async (table: string): Promise<number> =>
  Number((await postgres.sql(`select count(*) from ${schema}.${table}`))[0].count);

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const numbered = (from: number, to: number, more: object = {}) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ id: from + i, title: `é, "${from + i}"`, ...more }));

beforeAll(() =>
  postgres.sql(
    `
    set role ${schema}_owner;
    set search_path = ${schema};
    create table task (
      id bigint primary key, title varchar(40) not null, done boolean not null default true, rank numeric(6, 2),
      day date, slug text generated always as (lower(title)) stored, owner text, tags text[], data jsonb,
      parent bigint references task (id), check (rank < 1000));
    create table coded (code text unique, n int);
    alter table task enable row level security;
    create policy members on task to ${schema}_member using (true) with check (true);
    create policy own on task to ${schema}_user using (owner = plinth.claim('sub')) with check (owner = plinth.claim('sub'));
    grant select (id, title, owner), insert (id, title, owner) on task to ${schema}_user;`,
  ),
);

describe('many rows', () => {
  test('of NDJSON are inserted, with defaults, and as every value is', async () => {
    const rows = numbered(1, MANY, { rank: 1.5, tags: ['a', 'b,c'], data: { n: [1, null] } });
    const { status, headers, body } = await post('task', lines(rows));
    expect([status, body]).toEqual([201, '']);
    expect(headers).toMatchObject({
      'content-range': `*/${MANY}`,
      'x-rows-affected': `${MANY}`,
      'x-rows-inserted': `${MANY}`,
    });
    const [last] = await postgres.sql(`select * from ${schema}.task where id = ${MANY}`);
    expect(last).toMatchObject({
      title: `é, "${MANY}"`,
      done: true,
      rank: '1.50',
      slug: `é, "${MANY}"`,
      tags: ['a', 'b,c'],
      data: { n: [1, null] },
    });
    expect(await count('task')).toBe(MANY);
  });

  test('of CSV are, with NULL and empty texts', async () => {
    await postgres.sql(`truncate ${schema}.task`);
    const csv = ['id,title,day,owner'];
    for (let i = 1; i <= MANY; i++) csv.push(`${i},"a\n""${i}""",${i % 2 ? 'NULL' : '2026-01-02'},`);
    const { status, headers } = await post('task', csv.join('\r\n'), CSV);
    expect([status, headers['x-rows-inserted']]).toEqual([201, `${MANY}`]);
    const [{ n, empty }] = await postgres.sql(
      `select count(*) filter (where day is null and title = E'a\\n"' || id || '"') as n,
        count(*) filter (where owner = '') as empty from ${schema}.task`,
    );
    expect([Number(n), Number(empty)]).toEqual([MANY / 2, MANY]);
  });

  test('may lack what missing says of', async () => {
    await postgres.sql(`truncate ${schema}.task`);
    const some = lines([...numbered(1, 2_000), ...numbered(2_001, 4_000, { done: false })]);
    expect((await post('task', some)).body.error).toMatchObject({
      code: 'VALIDATION_FAILED',
      details: { line: 2_001 },
    });
    expect(await count('task')).toBe(0);
    const prefer = 'missing=default';
    expect((await post('task?columns=id,title,done', some, { prefer })).status).toBe(201);
    const [{ n }] = await postgres.sql(`select count(*) as n from ${schema}.task where done`);
    expect(Number(n)).toBe(2_000);
  });

  test('are merged or left alone where they are there already', async () => {
    await postgres.sql(`truncate ${schema}.task`);
    expect((await post('task', lines(numbered(1, 1_500)))).status).toBe(201);
    const more = lines(numbered(1_001, 4_000, { rank: 2 }));
    expect((await post('task', more)).body.error).toMatchObject({
      code: 'UNIQUE_VIOLATION',
      details: { line: 1, constraint: 'task_pkey' },
    });
    const ignored = await post('task', more, { prefer: 'resolution=ignore-duplicates' });
    expect(ignored.headers).toMatchObject({ 'x-rows-affected': '2500' });
    const merged = await post('task', more, { prefer: 'resolution=merge-duplicates' });
    expect(merged.headers).toMatchObject({ 'x-rows-affected': '3000', 'x-rows-inserted': '0' });
    const [{ n }] = await postgres.sql(`select count(*) as n from ${schema}.task where rank = 2`);
    expect(Number(n)).toBe(3_000);
  });

  test('that are merged may have a key twice, and the last counts', async () => {
    await postgres.sql(`truncate ${schema}.task`);
    const twice = [
      ...numbered(1, 1_500, { rank: 1 }),
      ...numbered(1_500, 2_999, { rank: 2 }),
      ...numbered(2_999, 3_000, { rank: 3 }),
    ];
    const merged = await post('task', lines(twice), { prefer: 'resolution=merge-duplicates' });
    expect(merged.status).toBe(201);
    const ranks = await postgres.sql(
      `select rank::int, count(*)::int as n from ${schema}.task group by 1 order by 1`,
    );
    expect(ranks).toEqual([
      { rank: 1, n: 1_499 },
      { rank: 2, n: 1_499 },
      { rank: 3, n: 2 },
    ]);
    const nulls = lines(Array.from({ length: 3 }, (_, i) => ({ code: null, n: i })));
    const kept = await post('coded?on_conflict=code', nulls, { prefer: 'resolution=merge-duplicates' });
    expect([kept.status, await count('coded')]).toEqual([201, 3]);
  });

  test('are answered with how many they are, and no more', async () => {
    const refused = await post('task', lines(numbered(10_001, 12_000)), { prefer: 'return=representation' });
    expect(refused.body.error).toMatchObject({ code: 'TOO_COMPLEX', details: { limit: 'rows' } });
    const few = await post('task?select=id', lines(numbered(10_001, 11_000)), {
      prefer: 'return=representation',
    });
    expect([few.status, few.body.length]).toEqual([201, 1_000]);
  });
});

describe('what is refused names the line, and leaves nothing', () => {
  const bad: [string, object, string, object][] = [
    ['a value of another type', { day: 'someday' }, 'INVALID_VALUE', { column: 'day' }],
    ['a number too large', { rank: 12_345_678 }, 'INVALID_VALUE', { column: 'rank' }],
    ['a text too long', { title: 'x'.repeat(41) }, 'INVALID_VALUE', { column: 'title' }],
    ['null where there must be something', { title: null }, 'CONSTRAINT_VIOLATION', { column: 'title' }],
    ['a rule broken', { rank: 1_000 }, 'CONSTRAINT_VIOLATION', { constraint: 'task_rank_check' }],
    ['a row that is there', { id: 1 }, 'UNIQUE_VIOLATION', { constraint: 'task_pkey' }],
    ['a row that is not there', { parent: -1 }, 'FOREIGN_KEY_VIOLATION', { constraint: 'task_parent_fkey' }],
  ];
  test.each(bad)('%s', async (_, wrong, code, details) => {
    await postgres.sql(`truncate ${schema}.task`);
    const rows = numbered(1, MANY, { day: '2026-01-02', rank: 1, parent: null });
    rows[2_000] = { id: 2_001, title: 'x', day: '2026-01-02', rank: 1, parent: null, ...wrong } as never;
    const { status, body } = await post('task', lines(rows));
    expect([status, body.error]).toMatchObject([
      expect.any(Number),
      { code, details: { ...details, line: 2_001 } },
    ]);
    expect(body.error.message).toMatch(/^Line 2001: /);
    expect(JSON.stringify(body)).not.toMatch(/someday|12345678|xxxx/);
    expect(await count('task')).toBe(0);
  });

  test('of few rows as well', async () => {
    const { body } = await post('task', 'id,title,day\n1,a,2026-01-01\n2,b,x\n', CSV);
    expect(body.error).toMatchObject({ code: 'INVALID_VALUE', details: { line: 3, column: 'day' } });
  });

  test('what Postgres never hears of', async () => {
    const broken = `${lines(numbered(1, 3_000))}{"id":`;
    expect((await post('task', broken)).body.error).toMatchObject({
      code: 'MALFORMED_JSON',
      details: { line: 3_001 },
    });
    expect(await count('task')).toBe(0);
    const compressed = await post('task', lines(numbered(1, 2)), { 'content-encoding': 'gzip' });
    expect([compressed.status, compressed.body.error.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    const unknown = await post('task', lines(numbered(1, 2_000, { other: 1 })));
    expect(unknown.body.error).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
  });
});

describe('rights', () => {
  test('an end user imports rows that a policy lets it have, into columns that it may write', async () => {
    await postgres.sql(`truncate ${schema}.task`);
    const own = numbered(1, 3_000, { owner: 'ada' });
    expect((await post('task', lines(own), {}, user)).status).toBe(201);
    const others = [...numbered(3_001, 5_000, { owner: 'ada' }), ...numbered(5_001, 5_002, { owner: 'eve' })];
    const refused = await post('task', lines(others), {}, user);
    expect([refused.status, refused.body.error]).toMatchObject([
      403,
      { code: 'PERMISSION_DENIED', details: { line: 2_001 } },
    ]);
    const hidden = await post('task', lines(numbered(6_001, 8_000, { rank: 1 })), {}, user);
    expect([hidden.status, hidden.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(hidden.body.error.details?.line).toBeUndefined();
    expect(await count('task')).toBe(3_000);
  });

  test("another workspace's table is not there", async () => {
    const { status } = await post('task', lines(numbered(1, 2_000)), {}, postgres.newMember());
    expect(status).toBe(404);
  });
});

describe('an idempotency key', () => {
  test('imports once, whatever is sent under it again', async () => {
    await postgres.sql(`truncate ${schema}.task`);
    const key = { 'idempotency-key': randomUUID() };
    const body = lines(numbered(1, MANY));
    const first = await post('task', body, key);
    const again = await post('task', body, key);
    expect([first.status, first.headers['x-idempotency-replayed']]).toEqual([201, undefined]);
    expect([again.status, again.headers['x-idempotency-replayed'], again.headers['x-rows-inserted']]).toEqual(
      [201, 'true', `${MANY}`],
    );
    const other = await post('task', body.replace(`"${MANY}\\"`, '"x\\"'), key);
    expect([other.status, other.body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await count('task')).toBe(MANY);
  });

  test('is free again after a refusal', async () => {
    await postgres.sql(`truncate ${schema}.task`);
    const key = { 'idempotency-key': randomUUID() };
    const rows = numbered(1, 2_000);
    expect((await post('task', lines([...rows, ...rows]), key)).body.error.code).toBe('UNIQUE_VIOLATION');
    expect((await post('task', lines(rows), key)).status).toBe(201);
  });
});
