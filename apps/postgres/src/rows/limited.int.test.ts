import { type Caller, END_USER_PERMISSIONS } from '@plinth/contracts';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// Changes of the first rows of an order.

const postgres = await openPostgres();
const member = postgres.newMember();
const schema = await postgres.makeWorkspace(member);

const headers = { 'content-type': 'application/json', prefer: 'return=representation' };

const send = (caller: Caller, method: 'PATCH' | 'DELETE', query: string, values?: object) =>
  postgres.send(caller, {
    method,
    url: `/v1/postgres/${member.workspaceId}/rows/job?${query}`,
    headers,
    ...(values && { payload: JSON.stringify(values) }),
  });

const typed = (operation: string, input: object) =>
  postgres.send(member, {
    method: 'POST',
    url: `/trpc/postgres/${operation}`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify({ workspaceId: member.workspaceId, ...input }),
  });

const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);
const left = async () => idsOf(await postgres.sql(`select id from ${schema}.job order by id`));

beforeAll(() =>
  postgres.sql(`set role ${schema}_owner;
    create table ${schema}.job (id int primary key, state text, at int, unique (at))`),
);

beforeEach(async () => {
  await postgres.sql(
    `truncate ${schema}.job; insert into ${schema}.job select i, 'new' from generate_series(1, 50) i`,
  );
});

describe('the first rows of an order', () => {
  test('are given to each of many at once, none of them twice', async () => {
    const take = () => send(member, 'PATCH', 'state=eq.new&order=id&limit=10&select=id', { state: 'taken' });
    const taken = await Promise.all(Array.from({ length: 5 }, take));
    expect(taken.map(({ body }) => body.length)).toEqual([10, 10, 10, 10, 10]);
    expect(new Set(taken.flatMap(({ body }) => idsOf(body))).size).toBe(50);
    const remove = () => send(member, 'DELETE', 'state=eq.taken&order=id.desc&limit=10&select=id');
    const removed = await Promise.all(Array.from({ length: 5 }, remove));
    expect(removed.map(({ headers: told }) => told['x-rows-affected'])).toEqual([
      '10',
      '10',
      '10',
      '10',
      '10',
    ]);
    expect(await left()).toEqual([]);
  });

  test('are answered in that order', async () => {
    const { status, body } = await send(member, 'DELETE', 'id=gt.10&order=state,id.desc&limit=3&select=id');
    expect([status, body]).toEqual([200, [{ id: 50 }, { id: 49 }, { id: 48 }]]);
  });

  test('need an order that no two rows share a place in', async () => {
    for (const query of ['id=gt.0&limit=1', 'id=gt.0&order=state&limit=1', 'id=gt.0&order=at&limit=1']) {
      const { status, body } = await send(member, 'DELETE', query);
      expect([status, body.error.code]).toEqual([400, 'INVALID_ORDER']);
      expect(body.error.message).toContain('(id)');
    }
    expect(await left()).toHaveLength(50);
  });

  test('are those of the typed call, and of an operation', async () => {
    const first = { table: 'job', where: { id: 'gt.5' }, order: 'id', limit: 2 };
    const updated = await typed('rows.update', {
      ...first,
      values: { state: 'done' },
      returning: 'representation',
    });
    expect(idsOf(updated.body.result.data.rows)).toEqual([6, 7]);
    expect((await typed('rows.remove', first)).body.result.data.affected).toBe(2);
    const operations = [{ method: 'DELETE', path: 'rows/job?id=gt.5&order=id&limit=3' }];
    expect((await typed('batch.run', { operations })).status).toBe(200);
    expect((await left()).slice(0, 7)).toEqual([1, 2, 3, 4, 5, 11, 12]);
  });

  test('are those that the caller may delete, whatever it may update', async () => {
    const user: Caller = {
      ...member,
      kind: 'endUser',
      role: undefined,
      permissions: [...END_USER_PERMISSIONS],
    };
    await postgres.sql(`
      grant select, update, delete on ${schema}.job to ${schema}_user;
      alter table ${schema}.job enable row level security;
      create policy seen on ${schema}.job for select using (true);
      create policy changed on ${schema}.job for update using (id = 1);
      create policy deleted on ${schema}.job for delete using (id < 9);`);
    const { body } = await send(user, 'DELETE', 'id=gt.0&order=id&limit=3&select=id');
    expect(idsOf(body)).toEqual([1, 2, 3]);
    const updated = await send(user, 'PATCH', 'id=gt.0&order=id&limit=3&select=id', { state: 'x' });
    expect(updated.body).toEqual([]);
  });
});
