import { randomUUID } from 'node:crypto';
import type { Caller } from '@plinth/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

const postgres = await openPostgres();
let caller: Caller;

const at = (path: string, payload?: object, headers: Record<string, string> = {}) =>
  postgres.send(caller, {
    method: payload ? 'POST' : 'GET',
    url: `/v1/postgres/${caller.workspaceId}${path}`,
    headers,
    ...(payload && { payload }),
  });
const apply = (migrations: object[], more: object = {}, headers?: Record<string, string>) =>
  at('/migrations', { migrations, ...more }, headers);
const versions = async () =>
  (await at('/migrations')).body.data.map(({ version }: { version: string }) => version);

const ID = { name: 'id', type: 'bigint', primaryKey: true, identity: true };
const table = (name: string, ...columns: object[]) => ({ createTable: { name, columns: [ID, ...columns] } });
const FIRST = {
  version: '0001',
  name: 'Notes',
  changes: [
    table('note', { name: 'title', type: 'text' }, { name: 'owner', type: 'text', default: 'plinth.uid()' }),
    { createIndex: { table: 'note', columns: [{ name: 'owner' }] } },
    {
      createPolicy: {
        table: 'note',
        name: 'own',
        using: { conditions: [{ column: 'owner', operator: 'eq', uid: true }] },
      },
    },
  ],
};
const SECOND = {
  version: '0002',
  changes: [
    { updateTable: { table: 'note', addColumns: [{ name: 'done', type: 'boolean', default: false }] } },
    { createIndex: { table: 'note', columns: [{ name: 'done' }] } },
  ],
};

describe('a list of migrations', () => {
  beforeAll(() => {
    caller = postgres.newMember();
  });

  test('tried out says what it would do, and does nothing', async () => {
    const { status, body } = await apply([FIRST, SECOND], { dryRun: true });
    expect([status, body.applied], JSON.stringify(body)).toEqual([200, ['0001', '0002']]);
    expect(body.sql.some((text: string) => text.includes('"done" boolean'))).toBe(true);
    expect(await versions()).toEqual([]);
    expect((await at('/tables')).body.data).toEqual([]);
  });

  test('is applied in order, each once, and the rows are served at once', async () => {
    expect((await apply([FIRST])).body).toEqual({ applied: ['0001'], unchanged: [], sql: [] });
    expect((await apply([FIRST, SECOND])).body).toMatchObject({ applied: ['0002'], unchanged: ['0001'] });
    expect((await apply([FIRST, SECOND])).body).toMatchObject({ applied: [], unchanged: ['0001', '0002'] });
    expect(await versions()).toEqual(['0001', '0002']);
    const made = await at('/rows/note', { title: 'x' }, { prefer: 'return=representation' });
    expect(made.body[0]).toMatchObject({ title: 'x', done: false });
    const one = await at('/migrations/0001');
    expect(one.body).toMatchObject({ version: '0001', name: 'Notes', appliedBy: caller.id });
    expect((await at('/migrations/0009')).body.error.code).toBe('MIGRATION_NOT_FOUND');
  });

  test('that is not what it was, or comes too late, is a conflict', async () => {
    const other = { ...FIRST, changes: FIRST.changes.slice(0, 1) };
    const drifted = await apply([other]);
    expect([drifted.status, drifted.body.error.code]).toEqual([409, 'MIGRATION_DRIFT']);
    expect(drifted.body.error.details).toMatchObject({ version: '0001', field: 'migrations.0.changes' });
    const late = await apply([FIRST, { version: '00015', changes: [table('late')] }]);
    expect([late.status, late.body.error.details.latest]).toEqual([409, '0002']);
  });

  test('that fails leaves nothing of itself, and says where', async () => {
    const bad = {
      version: '0003',
      changes: [table('half'), { updateTable: { table: 'note', dropColumns: ['nothing'] } }],
    };
    const { status, body } = await apply([bad]);
    expect([status, body.error.code]).toEqual([400, 'COLUMN_NOT_FOUND']);
    expect(body.error.details.field).toMatch(/^migrations\.0\.changes\.1\./);
    expect((await at('/tables/half')).status).toBe(404);
    expect(await versions()).toEqual(['0001', '0002']);
  });
});

describe('of one workspace', () => {
  beforeAll(() => {
    caller = postgres.newMember();
  });

  test('twenty at once apply it once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => apply([FIRST])));
    const applied = answers.filter(({ status, body }) => status === 200 && body.applied.length > 0);
    expect(applied).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test('the same key again answers as it did', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const [first, again] = [
      await apply([FIRST, SECOND], {}, headers),
      await apply([FIRST, SECOND], {}, headers),
    ];
    expect(first.body.applied).toEqual(['0002']);
    expect([again.body, again.headers['x-idempotency-replayed']]).toEqual([first.body, 'true']);
  });

  test('another sees nothing of it', async () => {
    caller = postgres.newMember();
    expect(await versions()).toEqual([]);
  });
});

test.each([
  ['no change', { version: '1', changes: [{}] }, 'migrations.0.changes.0'],
  [
    'two changes in one',
    { version: '1', changes: [{ ...table('a'), removeTable: { table: 'b' } }] },
    'migrations.0.changes.0',
  ],
  [
    'a policy of no rows',
    { version: '1', changes: [{ createPolicy: { table: 'a', name: 'b' } }] },
    'migrations.0.changes.0.createPolicy.using',
  ],
  ['a version with a space', { version: '1 2', changes: [table('a')] }, 'migrations.0.version'],
])('%s is refused by its place', async (_, bad, path) => {
  const { status, body } = await apply([bad]);
  expect([status, body.error.details?.fields?.[0]?.path], JSON.stringify(body)).toEqual([400, path]);
});
