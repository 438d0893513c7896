import { randomUUID } from 'node:crypto';
import type { Caller } from '@plinth/contracts';
import { describe, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// Functions over HTTP. The workspace's owner makes them; members, keys and end users call them.

const postgres = await openPostgres();
const member = postgres.newMember();

const FUNCTIONS = (s: string) => `
  set role ${s}_owner;
  create table ${s}.task (id bigint generated always as identity primary key, title text not null, big bigint);
  alter table ${s}.task enable row level security;
  create policy everybody on ${s}.task using (true) with check (true);
  insert into ${s}.task (title, big) values ('One', 1), ('Two', 9007199254740993), ('Three', 3);
  create function ${s}.add(a int, b int default 10) returns int language sql immutable as 'select a + b';
  create function ${s}.tasks(term text default '') returns setof ${s}.task language sql stable
    as 'select * from ${s}.task where title ilike ''%'' || term || ''%''';
  create function ${s}.insert_task(title text) returns ${s}.task language sql volatile
    as 'insert into ${s}.task (title) values (title) returning *';
  create function ${s}.forget(what text) returns void language sql volatile as 'delete from ${s}.task where title = what';
  create function ${s}.numbers(upto int) returns setof int language sql stable as 'select generate_series(1, upto)';
  create function ${s}.refuse(code text) returns int language plpgsql volatile as $$
    begin insert into ${s}.task (title) values ('Undone'); raise exception 'You shall not' using errcode = code; end $$;
  create function ${s}.sneak() returns int language sql stable as 'select id::int from ${s}.insert_task(''Sneaked'')';
  create function ${s}.owners_only() returns int language sql immutable as 'select 1';
  create function ${s}.slow() returns int language plpgsql stable as $$ begin
    perform count(*) from generate_series(1, 1000000000); return 1; end $$;
  revoke execute on function ${s}.owners_only() from public, ${s}_member, ${s}_key, ${s}_user;`;

const call = (
  caller: Caller,
  path: string,
  payload?: unknown,
  { headers, method = 'POST' }: { headers?: Record<string, string>; method?: 'GET' | 'HEAD' | 'POST' } = {},
) =>
  postgres.send(caller, {
    method,
    url: `/v1/postgres/${caller.workspaceId}/${path}`,
    headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(payload !== undefined && { payload: JSON.stringify(payload) }),
  });

const get = (caller: Caller, path: string, headers?: Record<string, string>) =>
  call(caller, path, undefined, { method: 'GET', ...(headers && { headers }) });

async function prepare(caller: Caller): Promise<string> {
  const made = await postgres.makeWorkspace(caller);
  await postgres.sql(FUNCTIONS(made));
  return made;
}

const schema = await prepare(member);

describe('POST', () => {
  test.each([
    ['rpc/add', { a: 1, b: 2 }, 200, 3],
    ['rpc/add', { a: 1 }, 200, 11],
    ['rows/rpc/add', { a: 1 }, 200, 11],
    ['rpc/numbers', { upto: 3 }, 200, [1, 2, 3]],
    ['rpc/tasks?select=title&id=lte.2&order=id.desc&limit=5', {}, 200, [{ title: 'Two' }, { title: 'One' }]],
    ['rpc/tasks?select=big', { term: 'Two' }, 200, [{ big: 9007199254740992 }]],
    ['rpc/forget', { what: 'Nothing' }, 204, ''],
  ])('%s %j is %i %j', async (path, given, status, expected) => {
    const answer = await call(member, path, given);
    expect([answer.status, answer.body]).toEqual([status, expected]);
  });

  test('tells which rows these are, and how many there are', async () => {
    const { headers, status } = await call(
      member,
      'rpc/numbers?limit=2&offset=1',
      { upto: 5 },
      { headers: { prefer: 'count=exact' } },
    );
    expect([status, headers['content-range']]).toEqual([200, '1-2/*']);
    const tasks = await call(
      member,
      'rpc/tasks?limit=1',
      {},
      { headers: { prefer: 'count=exact', accept: 'application/vnd.pgrst.object+json' } },
    );
    expect([tasks.status, tasks.headers['preference-applied']]).toEqual([206, 'count=exact']);
  });

  test('gives rows as lines where they are rows', async () => {
    const csv = await call(
      member,
      'rpc/tasks?select=id,title&order=id',
      {},
      { headers: { accept: 'text/csv' } },
    );
    expect(csv.body).toMatch(/^id,title\r\n1,One\r\n/);
    const values = await call(member, 'rpc/numbers', { upto: 2 }, { headers: { accept: 'text/csv' } });
    expect([values.status, values.body.error.code]).toEqual([406, 'NOT_ACCEPTABLE']);
  });

  test('takes effect once under its key', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const [first, again] = [
      await call(member, 'rpc/insert_task', { title: 'Once' }, { headers }),
      await call(member, 'rpc/insert_task', { title: 'Once' }, { headers }),
    ];
    expect([again.status, again.body, again.headers['x-idempotency-replayed']]).toEqual([
      200,
      first.body,
      'true',
    ]);
    const other = await call(member, 'rpc/insert_task', { title: 'Twice' }, { headers });
    expect([other.status, other.body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
    expect((await get(member, 'rows/task?title=eq.Once')).body).toHaveLength(1);
  });

  test('answers what a function raises, and does nothing of it', async () => {
    const raised = await call(member, 'rpc/refuse', { code: 'P0001' });
    expect([raised.status, raised.body.error]).toMatchObject([
      400,
      { code: 'RAISED_BY_FUNCTION', message: 'You shall not' },
    ]);
    const named = await call(member, 'rpc/refuse', { code: 'PT409' });
    expect([named.status, named.body.error.message]).toEqual([409, 'You shall not']);
    expect((await get(member, 'rows/task?title=eq.Undone')).body).toEqual([]);
  });

  test.each([
    ['rpc/tasks?limit=2', { accept: 'application/vnd.pgrst.object+json' }, 409, 'NOT_SINGULAR'],
    ['rpc/tasks', { prefer: 'max-affected=2' }, 422, 'MAX_AFFECTED_EXCEEDED'],
    ['rpc/slow?a=eq.1', {}, 400, 'INVALID_FILTER'],
    ['rpc/tasks?nothing=eq.1', {}, 400, 'COLUMN_NOT_FOUND'],
    ['rpc/tasks?limit=20000', {}, 400, 'INVALID_RANGE'],
  ])('%s is refused', async (path, headers, status, code) => {
    const answer = await call(member, path, undefined, { headers });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  test('more rows than one answer holds undo the call', async () => {
    const answer = await call(member, 'rpc/numbers', { upto: 10_001 });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'INVALID_RANGE']);
  });

  test.each([
    ['{"a":', 400, 'MALFORMED_JSON'],
    ['{"a":"x"}', 400, 'INVALID_VALUE'],
    ['{"a":1,"c":2}', 404, 'FUNCTION_NOT_FOUND'],
    ['[1]', 404, 'FUNCTION_NOT_FOUND'],
  ])('the body %s is refused', async (payload, status, code) => {
    const url = `/v1/postgres/${member.workspaceId}/rpc/add`;
    const answer = await postgres.send(member, { method: 'POST', url, payload });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  test('a function that says it changes nothing is held to that', async () => {
    const { status, body } = await call(member, 'rpc/sneak', {});
    expect([status, body.error.code]).toEqual([405, 'READ_ONLY']);
  });
});

describe('GET', () => {
  test.each([
    ['rpc/add?a=1&b=2', 3],
    ['rows/rpc/numbers?upto=2', [1, 2]],
    ['rpc/tasks?term=t&select=title&order=id&limit=1', [{ title: 'Two' }]],
  ])('%s', async (path, expected) => {
    const { status, body } = await get(member, path);
    expect([status, body]).toEqual([200, expected]);
  });

  test('is not for what may change something', async () => {
    const { status, body, headers } = await get(member, 'rpc/insert_task?title=By%20GET');
    expect([status, body.error.code, headers.allow]).toEqual([405, 'READ_ONLY', 'POST']);
    expect((await get(member, 'rows/task?title=eq.By%20GET')).body).toEqual([]);
  });

  test('of a HEAD only the headers', async () => {
    const { status, body, headers } = await call(member, 'rpc/tasks', undefined, {
      method: 'HEAD',
      headers: { prefer: 'count=exact', accept: 'text/csv' },
    });
    expect([status, body]).toEqual([200, '']);
    expect(headers['content-range']).toMatch(/^0-\d+\/\d+$/);
  });

  test('what takes too long is given up', async () => {
    const { status, body } = await get({ ...member, plan: 'free' }, 'rpc/slow');
    expect([status, body.error.code]).toEqual([504, 'STATEMENT_TIMEOUT']);
  });
});

describe('what is not there', () => {
  test.each([
    'pg_sleep',
    'set_config',
    'pg_read_file',
    'lo_import',
    'dblink_exec',
    'query_to_xml',
    'pg_terminate_backend',
    'owners_only',
    'nothing',
    'add%22(1)--',
  ])('%s', async (name) => {
    for (const answer of [await call(member, `rpc/${name}`, {}), await get(member, `rpc/${name}`)])
      expect([answer.status, answer.body.error.code]).toEqual([404, 'FUNCTION_NOT_FOUND']);
  });

  test("another workspace's functions", async () => {
    const stranger = postgres.newMember();
    const own = await call(stranger, 'rpc/add', { a: 1 });
    expect([own.status, own.body.error.code]).toEqual([404, 'FUNCTION_NOT_FOUND']);
    const theirs = await postgres.send(stranger, {
      method: 'POST',
      url: `/v1/postgres/${member.workspaceId}/rpc/add`,
      payload: '{"a":1}',
    });
    expect([theirs.status, theirs.body.error.code]).toEqual([404, 'WORKSPACE_NOT_FOUND']);
  });

  test('what the caller may not do', async () => {
    const reader = { ...member, permissions: ['rows:read' as const] };
    const refused = await call(reader, 'rpc/add', { a: 1 });
    expect([refused.status, refused.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect((await get(reader, 'rpc/add?a=1')).body).toBe(11);
  });
});

describe('the list', () => {
  test('has what the caller may call, a page at a time', async () => {
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await get(member, `functions?limit=4${cursor && `&cursor=${cursor}`}`);
      expect(body.data.length).toBeLessThanOrEqual(4);
      names.push(...body.data.map(({ name }: { name: string }) => name));
      cursor = body.pagination.nextCursor;
    }
    expect(names).toEqual(['add', 'forget', 'insert_task', 'numbers', 'refuse', 'slow', 'sneak', 'tasks']);
  });

  test('says what each takes and returns', async () => {
    const { body } = await get(member, 'functions?limit=1');
    expect(body.data).toEqual([
      {
        name: 'add',
        comment: null,
        parameters: [
          { name: 'a', type: 'integer', hasDefault: false, isVariadic: false },
          { name: 'b', type: 'integer', hasDefault: true, isVariadic: false },
        ],
        returns: { type: 'integer', isList: false, table: null },
        volatility: 'immutable',
      },
    ]);
  });
});

test('an end user calls what is granted to them', async () => {
  await postgres.sql(`set role ${schema}_owner;
    create function ${schema}.hello() returns text language sql immutable as $$ select 'hello' $$;
    revoke execute on function ${schema}.hello() from public, ${schema}_member, ${schema}_key;
    grant execute on function ${schema}.hello() to ${schema}_user`);
  const user = { ...member, kind: 'endUser' as const };
  expect((await get(user, 'rpc/hello')).body).toBe('hello');
  expect((await get(member, 'rpc/hello')).status).toBe(404);
});
