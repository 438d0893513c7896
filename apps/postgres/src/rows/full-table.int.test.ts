import { randomUUID } from 'node:crypto';
import { type Caller, END_USER_PERMISSIONS, permissionsOf } from '@plinth/contracts';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPostgres, startPostgres } from '../testing/harness.ts';

// A change of all rows of a table is never a slip of the pen.

const postgres = await openPostgres();
const owner = postgres.newMember('owner');
const schema = await postgres.makeWorkspace(owner);

const send = (caller: Caller, method: 'PATCH' | 'DELETE', query = '', headers: Record<string, string> = {}) =>
  postgres.send(caller, {
    method,
    url: `/v1/postgres/${owner.workspaceId}/rows/note${query}`,
    headers: { ...(method === 'PATCH' && { 'content-type': 'application/json' }), ...headers },
    ...(method === 'PATCH' && { payload: '{"text":"new"}' }),
  });

const typed = (caller: Caller, operation: string, input: object) =>
  postgres.send(caller, {
    method: 'POST',
    url: `/trpc/postgres/${operation}`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify({ workspaceId: owner.workspaceId, ...input }),
  });

const all = { 'x-allow-full-table': 'note' };
const left = async () => Number((await postgres.sql(`select count(*) from ${schema}.note`))[0].count);
const entriesOf = async (operation: string) =>
  (await postgres.audited(operation)).filter(({ outcome }) => outcome === 'success');

beforeAll(() =>
  postgres.sql(`set role ${schema}_owner; create table ${schema}.note (id int primary key, text text)`),
);

beforeEach(async () => {
  await postgres.sql(
    `truncate ${schema}.note; insert into ${schema}.note select i from generate_series(1, 5) i`,
  );
});

describe('without a filter', () => {
  test.each([
    ['nothing is changed', 'PATCH', '', {}],
    ['nothing is deleted', 'DELETE', '?select=id&limit=1&order=id', {}],
    ['another table is not this one', 'DELETE', '', { 'x-allow-full-table': 'notes' }],
    ['no name is none', 'DELETE', '', { 'x-allow-full-table': '' }],
    ['a list of tables is none', 'DELETE', '', { 'x-allow-full-table': 'note, other' }],
  ] as const)('%s', async (_, method, query, headers) => {
    const { status, body } = await send(owner, method, query, headers);
    expect([status, body.error.code]).toEqual([400, 'FILTER_REQUIRED']);
    expect(body.error.message).toContain('X-Allow-Full-Table: note');
    expect(await left()).toBe(5);
  });

  test('all rows are meant by who names the table, and that is on record', async () => {
    const changed = await send(owner, 'PATCH', '', all);
    expect([changed.status, changed.headers['x-rows-affected']]).toEqual([204, '5']);
    expect((await entriesOf('rows.update')).map(({ target, changes }) => [target, changes])).toEqual([
      [
        { kind: 'table', id: 'note' },
        { rows: 'all', change: 'update', affected: 5 },
      ],
    ]);
    const headers = { ...all, 'idempotency-key': randomUUID() };
    expect((await send(owner, 'DELETE', '', headers)).headers['x-rows-affected']).toBe('5');
    expect(await left()).toBe(0);
    expect((await send(owner, 'DELETE', '', headers)).headers['x-idempotency-replayed']).toBe('true');
    expect(await entriesOf('rows.remove')).toMatchObject([
      { workspaceId: owner.workspaceId, actor: { id: owner.id }, changes: { affected: 5 } },
    ]);
  });

  test('no more than max-affected are meant', async () => {
    const refused = await send(owner, 'DELETE', '', { ...all, prefer: 'max-affected=4' });
    expect([refused.status, refused.body.error.code]).toEqual([422, 'MAX_AFFECTED_EXCEEDED']);
    await postgres.sql(`insert into ${schema}.note select i from generate_series(6, 1001) i`);
    expect((await send(owner, 'DELETE', '', all)).body.error.code).toBe('MAX_AFFECTED_EXCEEDED');
    expect(await left()).toBe(1_001);
    expect((await send(owner, 'DELETE', '', { ...all, prefer: 'max-affected=2000' })).status).toBe(204);
    expect(await left()).toBe(0);
  });

  test('the typed call says it as a field', async () => {
    const refused = await typed(owner, 'rows.remove', { table: 'note', allowFullTable: 'notes' });
    expect(refused.status).toBe(400);
    const { body } = await typed(owner, 'rows.remove', { table: 'note', allowFullTable: 'note' });
    expect(body.result.data).toMatchObject({ affected: 5 });
  });

  test('an operation of a batch says it for itself', async () => {
    const remove = { method: 'DELETE', path: 'rows/note' };
    const insert = { method: 'POST', path: 'rows/note', body: { id: 1 } };
    const refused = await typed(owner, 'batch.run', {
      operations: [{ ...remove, allowFullTable: 'note' }, remove],
    });
    expect([refused.status, await left()]).toEqual([400, 5]);
    const failing = [{ ...remove, allowFullTable: 'note' }, insert, insert];
    expect((await typed(owner, 'batch.run', { operations: failing })).status).toBe(409);
    expect(await entriesOf('batch.run')).toEqual([]);
    await typed(owner, 'batch.run', { operations: [{ ...remove, allowFullTable: 'note' }, insert] });
    expect(await left()).toBe(1);
    expect(await entriesOf('batch.run')).toMatchObject([{ changes: { change: 'delete', affected: 5 } }]);
  });
});

describe('those who may not', () => {
  const workspace = () => {
    const { organizationId, tenantId, workspaceId } = owner;
    return { organizationId, tenantId, workspaceId };
  };

  test.each<[string, () => Caller]>([
    ['a developer', () => postgres.newMember('developer', workspace())],
    [
      'a key that writes rows',
      () => ({
        ...owner,
        kind: 'apiKey',
        role: 'general:write',
        permissions: [...permissionsOf('general:write')],
      }),
    ],
    [
      'a key whose own list leaves it out',
      () => ({ ...owner, kind: 'apiKey', role: 'admin:write', permissions: ['rows:read', 'rows:write'] }),
    ],
    [
      'an end user',
      () => ({ ...owner, kind: 'endUser', role: undefined, permissions: [...END_USER_PERMISSIONS] }),
    ],
  ])('%s', async (_, make) => {
    const caller = make();
    const operations = [{ method: 'DELETE', path: 'rows/note', allowFullTable: 'note' }];
    for (const { status, body } of [
      await send(caller, 'DELETE', '', all),
      await send(caller, 'PATCH', '', all),
    ])
      expect([status, body.error.code, body.error.details.permission]).toEqual([
        403,
        'PERMISSION_DENIED',
        'rows:truncate',
      ]);
    expect((await typed(caller, 'rows.remove', { table: 'note', allowFullTable: 'note' })).status).toBe(403);
    expect((await typed(caller, 'batch.run', { operations })).status).toBe(403);
    expect(await left()).toBe(5);
  });

  test('a key that was given it may, and a filter needs none', async () => {
    const key: Caller = {
      ...owner,
      kind: 'apiKey',
      role: 'admin:write',
      permissions: ['rows:write', 'rows:truncate'],
    };
    await postgres.sql(`grant all on ${schema}.note to ${schema}_key`);
    expect((await send(key, 'DELETE', '', all)).status).toBe(204);
    const developer = postgres.newMember('developer', workspace());
    expect((await send(developer, 'DELETE', '?id=eq.1', all)).status).toBe(204);
  });
});

test('what cannot be put on record does not happen', async () => {
  const lone = await startPostgres();
  try {
    const caller = lone.newMember('owner');
    const own = await lone.makeWorkspace(caller);
    const remove = () =>
      lone.send(caller, {
        method: 'DELETE',
        url: `/v1/postgres/${caller.workspaceId}/rows/note`,
        headers: all,
      });
    await lone.sql(
      `set role ${own}_owner; create table ${own}.note (id int); insert into ${own}.note values (1)`,
    );
    await lone.dropDatabase();
    expect((await remove()).status).toBe(503);
    expect(await lone.sql(`select from ${own}.note`)).toHaveLength(1);
  } finally {
    await lone.close();
  }
});
