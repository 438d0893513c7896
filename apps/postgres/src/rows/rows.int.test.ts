import { randomUUID } from 'node:crypto';
import type { Caller } from '@plinth/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPostgres, schemaOf } from '../testing/harness.ts';

// Rows over HTTP, from the request to the database and back.

const postgres = await openPostgres();
const member = postgres.newMember();

async function createTasks(caller: Caller): Promise<void> {
  const schema = await postgres.makeWorkspace(caller);
  await postgres.sql(`
    set role ${schema}_owner;
    create table ${schema}.task (
      id bigint generated always as identity primary key, title text not null, done boolean not null default false,
      rank numeric, big bigint);
    alter table ${schema}.task enable row level security;
    create policy everybody on ${schema}.task using (true) with check (true);`);
}

const rows = (
  caller: Caller,
  path: string,
  more: {
    method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
    payload?: unknown;
    headers?: Record<string, string>;
  } = {},
) => {
  const { method = 'GET', payload, headers } = more;
  const isText = typeof payload === 'string';
  return postgres.send(caller, {
    method,
    url: `/v1/postgres/${caller.workspaceId}/rows/${path}`,
    headers: {
      ...(payload !== undefined && !isText && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload !== undefined && { payload: isText ? payload : JSON.stringify(payload) }),
  });
};

beforeAll(() => createTasks(member));

describe('a row', () => {
  test('is inserted, read, changed and deleted', async () => {
    const made = await rows(member, 'task', {
      method: 'POST',
      payload: { title: 'One', rank: 1.5 },
      headers: { prefer: 'return=representation' },
    });
    expect([made.status, made.body]).toEqual([
      201,
      [{ id: expect.any(Number), title: 'One', done: false, rank: 1.5, big: null }],
    ]);
    const { id } = made.body[0];
    expect(made.headers.location).toBe(`/v1/postgres/${member.workspaceId}/rows/task?id=eq.${id}`);
    expect((await rows(member, `task?id=eq.${id}&select=title`)).body).toEqual([{ title: 'One' }]);
    const changed = await rows(member, `task?id=eq.${id}`, { method: 'PATCH', payload: { done: true } });
    expect([changed.status, changed.body, changed.headers['x-rows-affected']]).toEqual([204, '', '1']);
    expect((await rows(member, `task?id=eq.${id}&select=done`)).body).toEqual([{ done: true }]);
    expect((await rows(member, `task?id=eq.${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await rows(member, `task?id=eq.${id}`)).body).toEqual([]);
  });

  test('keeps every digit', async () => {
    const prefer = { prefer: 'return=representation, numbers=string' };
    const payload = '{"title":"Large","big":9007199254740993,"rank":0.1000000000000000055}';
    const made = await rows(member, 'task?select=big,rank', { method: 'POST', payload, headers: prefer });
    expect(made.body).toEqual([{ big: '9007199254740993', rank: '0.1000000000000000055' }]);
  });
});

describe('an idempotency key', () => {
  test('makes a row once, and answers the same again', async () => {
    const headers = { 'idempotency-key': randomUUID(), prefer: 'return=representation' };
    const insert = (title: string) => rows(member, 'task', { method: 'POST', payload: { title }, headers });
    const [first, again] = [await insert('Once'), await insert('Once')];
    expect(again.body).toEqual(first.body);
    expect([again.status, again.headers['x-idempotency-replayed'], again.headers.location]).toEqual([
      201,
      'true',
      first.headers.location,
    ]);
    const other = await insert('Twice');
    expect([other.status, other.body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
    expect((await rows(member, 'task?title=eq.Once')).body).toHaveLength(1);
  });

  test('of fifty requests at once lets one through', async () => {
    const headers = { 'idempotency-key': randomUUID(), prefer: 'return=representation, wait=10' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        rows(member, 'task', { method: 'POST', payload: { title: 'Race' }, headers }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(answers.filter((answer) => answer.headers['x-idempotency-replayed'] !== 'true')).toHaveLength(1);
    expect((await rows(member, 'task?title=eq.Race')).body).toHaveLength(1);
  });

  describe('answers again what was done, whatever that was', () => {
    beforeAll(async () => {
      const payload = [1, 2].map((big) => ({ title: 'Kept', big }));
      await rows(member, 'task', { method: 'POST', payload });
    });

    test.each<['POST' | 'PATCH' | 'PUT' | 'DELETE', string, unknown, Record<string, string>]>([
      [
        'POST',
        'task?select=id,title',
        [{ title: 'Many' }, { title: 'More' }],
        { prefer: 'return=representation' },
      ],
      ['POST', 'task', [{ title: 'Many' }, { title: 'More' }], {}],
      ['PATCH', 'task?title=eq.Kept', { rank: '0.1000000000000000055' }, {}],
      [
        'PATCH',
        'task?title=eq.Kept',
        { done: true },
        { prefer: 'return=representation', accept: 'text/csv' },
      ],
      ['PATCH', 'task?title=eq.Nothing', { done: true }, { prefer: 'return=representation' }],
      ['DELETE', 'task?title=eq.Kept&order=id&limit=1', undefined, { prefer: 'isolation=serializable' }],
    ])('%s %s', async (method, path, payload, headers) => {
      const keyed = { ...headers, 'idempotency-key': randomUUID() };
      const send = () =>
        rows(member, path, { method, headers: keyed, ...(payload !== undefined && { payload }) });
      const [first, again] = [await send(), await send()];
      expect(first.status).toBeLessThan(300);
      expect([again.status, again.body]).toEqual([first.status, first.body]);
      for (const name of ['content-range', 'content-type', 'x-rows-affected', 'x-rows-inserted', 'location'])
        expect(again.headers[name]).toBe(first.headers[name]);
      expect([first, again].map((one) => one.headers['x-idempotency-replayed'])).toEqual([undefined, 'true']);
    });
  });

  describe('keeps nothing of what was refused', () => {
    const one = { accept: 'application/vnd.pgrst.object+json', prefer: 'return=representation' };

    beforeAll(async () => {
      await rows(member, 'task', { method: 'POST', payload: [{ title: 'Same' }, { title: 'Same' }] });
    });

    test.each<['PATCH' | 'PUT' | 'DELETE', string, unknown, Record<string, string>, number, string]>([
      ['PATCH', 'task?title=eq.Same', { done: true }, { 'if-match': '"1"' }, 412, 'PRECONDITION_FAILED'],
      ['PATCH', 'task?title=eq.None', { done: true }, { 'if-match': '"1"' }, 404, 'ROW_NOT_FOUND'],
      ['PATCH', 'task?title=eq.Same', { done: true }, one, 409, 'NOT_SINGULAR'],
      ['PATCH', 'task?title=eq.None', { done: true }, one, 404, 'ROW_NOT_FOUND'],
      ['DELETE', 'task?title=eq.Same', undefined, one, 409, 'NOT_SINGULAR'],
      ['DELETE', 'task?title=eq.Same', undefined, { prefer: 'max-affected=1' }, 422, 'MAX_AFFECTED_EXCEEDED'],
      ['PATCH', 'task?title=eq.Same', { title: null }, {}, 422, 'CONSTRAINT_VIOLATION'],
    ])('%s %s %j', async (method, path, payload, headers, status, code) => {
      const keyed = { ...headers, 'idempotency-key': randomUUID() };
      const send = () =>
        rows(member, path, { method, headers: keyed, ...(payload !== undefined && { payload }) });
      for (const { status: answered, body, headers: told } of [await send(), await send()]) {
        const error = body.error ?? JSON.parse(body).error;
        expect([answered, error.code, told['x-idempotency-replayed']]).toEqual([status, code, undefined]);
      }
      expect((await rows(member, 'task?title=eq.Same&done=is.false')).body).toHaveLength(2);
    });

    test('so that it is tried anew', async () => {
      const headers = { ...one, 'idempotency-key': randomUUID() };
      const send = () =>
        rows(member, 'task?title=eq.Later', { method: 'PATCH', payload: { done: true }, headers });
      expect((await send()).status).toBe(404);
      await rows(member, 'task', { method: 'POST', payload: { title: 'Later' } });
      expect((await send()).status).toBe(200);
      expect((await send()).headers['x-idempotency-replayed']).toBe('true');
    });
  });

  test('is told at once that its request still runs', async () => {
    const schema = schemaOf(member);
    await postgres.sql(`
      set role ${schema}_owner;
      create sequence ${schema}.lingering;
      create table ${schema}.released ();
      create function ${schema}.linger() returns trigger language plpgsql security definer as $$
        begin
          perform nextval('${schema}.lingering');
          while not exists (select from ${schema}.released) loop end loop;
          return new;
        end $$;
      create trigger linger before insert on ${schema}.task for each row when (new.title = 'Slow')
        execute function ${schema}.linger()`);
    const headers = { 'idempotency-key': randomUUID() };
    const send = () => rows(member, 'task', { method: 'POST', payload: { title: 'Slow' }, headers });
    const slow = send();
    const lingering = () => postgres.sql(`select is_called from ${schema}.lingering`);
    await expect.poll(lingering).toEqual([{ is_called: true }]);
    const twin = await send();
    await postgres.sql(`insert into ${schema}.released default values`);
    expect([twin.status, twin.body.error.code]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
    expect((await slow).status).toBe(201);
    expect((await send()).headers['x-idempotency-replayed']).toBe('true');
  });

  test('is of one workspace', async () => {
    const other = postgres.newMember('developer', { id: member.id, organizationId: member.organizationId });
    await createTasks(other);
    const headers = { 'idempotency-key': randomUUID() };
    for (const caller of [member, other]) {
      const made = await rows(caller, 'task', { method: 'POST', payload: { title: 'Own' }, headers });
      expect([made.status, made.headers['x-idempotency-replayed']]).toEqual([201, undefined]);
    }
  });
});

describe('pages by cursor', () => {
  const TITLES = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];

  beforeAll(async () => {
    const payload = TITLES.map((title) => ({ title }));
    expect((await rows(member, 'task', { method: 'POST', payload })).status).toBe(201);
  });

  /** What each page holds, to the last. */
  async function pages(query: string, size: number, accept: string, method: 'GET' | 'HEAD' = 'GET') {
    const held: { body: unknown; range: unknown }[] = [];
    let cursor: unknown = '';
    while (cursor !== undefined && held.length < 10) {
      const path = `task?title=match.^p\\d$&select=title&${query}&limit=${size}&cursor=${cursor}`;
      const { body, headers } = await rows(member, path, {
        method,
        headers: { accept, prefer: 'count=exact' },
      });
      held.push({ body, range: headers['content-range'] });
      cursor = headers['x-next-cursor'];
    }
    return held;
  }

  const listed = (titles: readonly string[]) => titles.map((title) => ({ title }));
  const inParts = (titles: readonly string[], size: number) =>
    Array.from({ length: titles.length / size }, (_, page) => titles.slice(page * size, (page + 1) * size));

  test.each([1, 2, 3, 6])('of %i end with the last row, forwards and backwards', async (size) => {
    for (const [order, titles] of [
      ['order=id', TITLES],
      ['order=id.desc', TITLES.toReversed()],
    ] as const) {
      const held = await pages(order, size, 'application/json');
      expect(held.map(({ body }) => body)).toEqual(inParts(titles, size).map(listed));
      expect(new Set(held.map(({ range }) => range))).toEqual(new Set([`0-${size - 1}/6`]));
    }
  });

  test('hold no row of the next in any form', async () => {
    const csv = await pages('order=id', 3, 'text/csv');
    expect(csv.map(({ body }) => body)).toEqual([
      'title\r\np1\r\np2\r\np3\r\n',
      'title\r\np4\r\np5\r\np6\r\n',
    ]);
    const one = await pages('order=id', 1, 'application/vnd.pgrst.object+json');
    expect(one.map(({ body }) => JSON.parse(String(body)))).toEqual(listed(TITLES));
    const none = await pages('order=id', 3, 'text/csv', 'HEAD');
    expect(none.map(({ range }) => range)).toEqual(['0-2/6', '0-2/6']);
  });

  test('of the typed call say so as well', async () => {
    const list = async (cursor: string | null) => {
      const input = {
        workspaceId: member.workspaceId,
        table: 'task',
        where: { title: 'match.^p\\d$' },
        limit: 3,
        ...(cursor !== null && { cursor }),
      };
      const url = `/trpc/postgres/rows.list?input=${encodeURIComponent(JSON.stringify(input))}`;
      return (await postgres.send(member, { method: 'GET', url })).body.result.data;
    };
    const first = await list(null);
    expect(first).toMatchObject({ rows: [{}, {}, {}], nextCursor: expect.any(String) });
    expect(await list(first.nextCursor)).toMatchObject({ rows: [{}, {}, {}], nextCursor: null });
  });
});

test('a GET can change nothing', async () => {
  const schema = schemaOf(member);
  await postgres.sql(`
    set role ${schema}_owner;
    create function ${schema}.touch() returns integer language sql as 'update ${schema}.task set done = true returning 1';
    create view ${schema}.touching with (security_invoker) as select ${schema}.touch() as touched`);
  const { status, body } = await rows(member, 'touching');
  expect([status, body.error.code]).toEqual([405, 'READ_ONLY']);
});

test("another workspace's rows are not there", async () => {
  const stranger = postgres.newMember();
  const { status, body } = await rows(stranger, 'task');
  expect([status, body.error.code]).toEqual([404, 'TABLE_NOT_FOUND']);
});
