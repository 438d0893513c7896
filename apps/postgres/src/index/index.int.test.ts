import { describe, expect, test } from 'vitest';
import { memberOf } from '../testing/test-placements.ts';
import { openSchemas } from '../testing/test-schemas.ts';

const its = await openSchemas();
const caller = memberOf();

const ID = { name: 'id', type: 'bigint', primaryKey: true, identity: 'always' };
let count = 0;

async function create(): Promise<string> {
  const name = `table_${++count}`;
  const columns = [
    ID,
    { name: 'a', type: 'text' },
    { name: 'b', type: 'integer' },
    { name: 'data', type: 'jsonb' },
    { name: 'j', type: 'json' },
  ];
  await its.at(caller, 'POST', '/tables', { name, columns });
  return name;
}

describe('indexes', () => {
  test('are made, listed and dropped', async () => {
    const table = await create();
    const made = await its.at(caller, 'POST', `/tables/${table}/indexes`, {
      columns: [{ name: 'a' }, { name: 'b', descending: true }],
      include: ['id'],
      unique: true,
    });
    const name = `${table}_a_b_idx`;
    expect([made.status, made.body]).toMatchObject([
      201,
      {
        name,
        columns: ['a', 'b'],
        unique: true,
        primary: false,
        constraint: false,
        method: 'btree',
        sql: [],
      },
    ]);
    expect(made.body.definition).toMatch(/\(a, b DESC\) INCLUDE \(id\)$/);
    const gin = await its.at(caller, 'POST', `/tables/${table}/indexes`, {
      name: 'by_data',
      columns: [{ name: 'data' }],
      method: 'gin',
    });
    expect(gin.body).toMatchObject({ name: 'by_data', method: 'gin' });
    const { body } = await its.at(caller, 'GET', `/tables/${table}/indexes`);
    expect(body.data.map((index: { name: string }) => index.name)).toEqual([
      `${table}_pkey`,
      name,
      'by_data',
    ]);
    const dropped = await its.at(caller, 'DELETE', `/tables/${table}/indexes/${name}`);
    expect([dropped.status, dropped.body.deleted]).toEqual([200, true]);
    expect((await its.at(caller, 'DELETE', `/tables/${table}/indexes/${name}`)).body.error.code).toBe(
      'INDEX_NOT_FOUND',
    );
  });

  test('of a key stay, and what cannot be is refused by name', async () => {
    const table = await create();
    const post = async (payload: object) => {
      const { status, body } = await its.at(caller, 'POST', `/tables/${table}/indexes`, payload);
      return [status, body.error?.code, body.error?.details?.field];
    };
    const kept = await its.at(caller, 'DELETE', `/tables/${table}/indexes/${table}_pkey`);
    expect([kept.status, kept.body.error.code]).toEqual([409, 'CONFLICT']);
    expect(await post({ columns: [{ name: 'c' }] })).toEqual([400, 'COLUMN_NOT_FOUND', 'columns.0.name']);
    expect(await post({ columns: [{ name: 'j' }] })).toEqual([400, 'INVALID_VALUE', 'columns']);
    expect(await post({ columns: [{ name: 'a' }], method: 'hash', unique: true })).toEqual([
      422,
      'CAPABILITY_UNAVAILABLE',
      'columns',
    ]);
    expect(await post({ name: table, columns: [{ name: 'a' }] })).toEqual([409, 'TABLE_EXISTS', 'columns']);
    const nowhere = await its.at(caller, 'GET', '/tables/nowhere/indexes');
    expect(nowhere.body.error.code).toBe('TABLE_NOT_FOUND');
  });
});

describe('columns', () => {
  test('are listed, added, changed and dropped one at a time', async () => {
    const table = await create();
    const names = async () =>
      (await its.at(caller, 'GET', `/tables/${table}/columns`)).body.data.map(
        (column: { name: string }) => column.name,
      );
    const added = await its.at(caller, 'POST', `/tables/${table}/columns`, {
      name: 'c',
      type: 'date',
      default: { function: 'current_date' },
    });
    expect([added.status, added.body.columns.at(-1)]).toMatchObject([
      201,
      { name: 'c', default: 'CURRENT_DATE' },
    ]);
    const changed = await its.at(caller, 'PATCH', `/tables/${table}/columns/c`, {
      name: 'd',
      default: null,
      comment: 'A day.',
    });
    expect(changed.body.columns.at(-1)).toMatchObject({ name: 'd', default: null, comment: 'A day.' });
    expect(await names()).toEqual(['id', 'a', 'b', 'data', 'j', 'd']);
    expect((await its.at(caller, 'DELETE', `/tables/${table}/columns/d`)).status).toBe(200);
    expect(await names()).toEqual(['id', 'a', 'b', 'data', 'j']);
    expect((await its.at(caller, 'DELETE', `/tables/${table}/columns/d`)).body.error.code).toBe(
      'COLUMN_NOT_FOUND',
    );
  });
});
