import { beforeAll, describe, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// All rows of a table, as lines.

const MANY = 25_000;

const postgres = await openPostgres();
const member = postgres.newMember();

const get = (path: string, accept: string, headers: Record<string, string> = {}) =>
  postgres.send(member, {
    method: 'GET',
    url: `/v1/postgres/${member.workspaceId}/rows/${path}`,
    headers: { accept, ...headers },
  });

beforeAll(async () => {
  const schema = await postgres.makeWorkspace(member);
  await postgres.sql(`
    set role ${schema}_owner;
    create table ${schema}.many (id int primary key, text text, big bigint);
    create view ${schema}.failing as select id, 1 / (20000 - id) as n from ${schema}.many;
    create table ${schema}.none (id int primary key, "a,b" text);
    insert into ${schema}.many select i, case when i % 2 = 0 then 'é, ' || i end, 9007199254740993
      from generate_series(1, ${MANY}) i;`);
});

describe('all rows', () => {
  test('as NDJSON are one to a line, in order, and as they are', async () => {
    const { status, headers, body } = await get('many?order=id', 'application/x-ndjson');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('application/x-ndjson');
    const lines = body.split('\n');
    expect(lines.length).toBe(MANY + 1);
    expect(lines[0]).toBe('{"id":1,"text":null,"big":9007199254740993}');
    expect(lines[MANY - 1]).toBe(`{"id":${MANY},"text":"é, ${MANY}","big":9007199254740993}`);
  });

  test('as CSV have a head, though there are none', async () => {
    const { body } = await get('many?order=id.desc&select=text,n:id&limit=20000', 'text/csv');
    const lines = body.split('\r\n');
    expect(lines.length).toBe(20_000 + 2);
    expect(lines.slice(0, 3)).toEqual(['text,n', `"é, ${MANY}",${MANY}`, `,${MANY - 1}`]);
    const none = await get('none', 'text/csv');
    expect([none.status, none.body]).toEqual([200, 'id,"a,b"\r\n']);
    expect((await get('none', 'application/x-ndjson')).body).toBe('');
  });

  test('are counted where that is asked, and then they are an answer of its own', async () => {
    const page = await get('many?limit=2', 'application/x-ndjson', { prefer: 'count=exact' });
    expect(page.headers['content-range']).toBe(`0-1/${MANY}`);
    const all = await get('many', 'application/x-ndjson', { prefer: 'count=exact' });
    expect(all.status).toBe(400);
  });
});

describe('what is wrong', () => {
  test('before the first row is answered as such', async () => {
    expect((await get('unknown', 'text/csv')).status).toBe(404);
    const wrong = await get('many?id=eq.x', 'application/x-ndjson');
    expect([wrong.status, wrong.body.error.code]).toEqual([400, 'INVALID_VALUE']);
  });

  test('after it breaks the answer off, and the next is whole', async () => {
    await expect(get('failing?order=id', 'application/x-ndjson')).rejects.toThrow();
    expect((await get('many?limit=1&order=id', 'application/x-ndjson')).body).toContain('"id":1');
  });
});
