import { withClient } from '@plinth/embedded';
import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { memberOf } from '../testing/test-placements.ts';
import { openSchemas } from '../testing/test-schemas.ts';
import type { Constraint } from './constraint.schema.ts';

const its = await openSchemas();
const caller = memberOf();

const ID = { name: 'id', type: 'bigint', primaryKey: true, identity: 'always' };
let count = 0;

async function create(payload: object) {
  const name = `table_${++count}`;
  const answer = await its.at(caller, 'POST', '/tables', { name, columns: [ID], ...payload });
  return { name, ...answer };
}
const patch = async (table: string, payload: object) => {
  const { status, body } = await its.at(caller, 'PATCH', `/tables/${table}`, payload);
  return { status, body, error: [status, body.error?.code, body.error?.details?.field] };
};
const owner = async <T>(work: (client: Client) => Promise<T>) =>
  withClient(its.placements.urlOf(await its.placements.placeOf(caller), 'owner'), work);

/** The constraint that a row breaks, if it breaks one. */
const broken = (table: string, columns: string, values: string): Promise<string | undefined> =>
  owner((client) =>
    client.query(`insert into ${table} (${columns}) values (${values})`).then(
      () => undefined,
      (error: { constraint?: string; message: string }) => error.constraint ?? error.message,
    ),
  );
const named = ({ constraints }: { constraints: Constraint[] }, name: string) =>
  constraints.find((one) => one.name === name);

describe('checks of columns', () => {
  test.each<[string, string, object, string[], string[]]>([
    ['at least', 'integer', { operator: 'gte', value: 0 }, ['0', 'null'], ['-1']],
    ['below', 'numeric(10,2)', { operator: 'lt', value: 9.5 }, ['9.49'], ['9.5']],
    ['one of a list', 'text', { operator: 'in', value: ['a', "b'c"] }, ["'b''c'"], ["'b'"]],
    ['another', 'varchar(20)', { operator: 'neq', value: 'x' }, ["'y'"], ["'x'"]],
    ['a long constant', 'char(3)', { operator: 'eq', value: 'abc' }, ["'abc'"], ["'a'"]],
    ['a length', 'text', { operator: 'length', min: 2, max: 3 }, ["'ab'"], ["'a'", "'abcd'"]],
    ['a number of elements', 'text[]', { operator: 'length', max: 1 }, ["'{a}'"], ["'{a,b}'"]],
    ['a pattern', 'text', { operator: 'matches', value: "^[a-z']+\\d$" }, ["'a''1'"], ["'A1'", "''"]],
    ['not empty', 'text', { operator: 'notEmpty' }, ["'a'"], ["''", "'  '"]],
    ['not an empty list', 'integer[]', { operator: 'notEmpty' }, ["'{1}'"], ["'{}'"]],
    ['a day', 'date', { operator: 'gt', value: '2020-01-01' }, ["'2020-01-02'"], ["'2020-01-01'"]],
  ])('%s', async (_, type, check, fits, breaks) => {
    const { name, status, body } = await create({ columns: [ID, { name: 'a', type, checks: [check] }] });
    expect(status, JSON.stringify(body)).toBe(201);
    expect(named(body, `${name}_a_check`)).toMatchObject({ kind: 'check', columns: ['a'], validated: true });
    for (const value of fits) expect(await broken(name, 'a', value)).toBeUndefined();
    for (const value of breaks) expect(await broken(name, 'a', value)).toBe(`${name}_a_check`);
  });

  test.each<[string, string, object, number, string]>([
    ['a length of a number', 'integer', { operator: 'length', min: 1 }, 400, 'VALIDATION_FAILED'],
    ['a constant of another type', 'integer', { operator: 'eq', value: 'x' }, 400, 'INVALID_VALUE'],
    ['a pattern that is none', 'text', { operator: 'matches', value: '(' }, 400, 'INVALID_PATTERN'],
    [
      'a pattern that looks ahead',
      'text',
      { operator: 'matches', value: '(?=a)b' },
      400,
      'VALIDATION_FAILED',
    ],
    ['a list with nothing in it', 'text', { operator: 'in', value: ['a', null] }, 400, 'VALIDATION_FAILED'],
    ['a comparison with nothing', 'text', { operator: 'eq' }, 400, 'VALIDATION_FAILED'],
    ['bounds upside down', 'text', { operator: 'length', min: 2, max: 1 }, 400, 'VALIDATION_FAILED'],
    ['an expression', 'text', { operator: 'eq', expression: 'now()' }, 400, 'VALIDATION_FAILED'],
    ['an operator of its own', 'text', { operator: '=', value: 'a' }, 400, 'VALIDATION_FAILED'],
    ['a type without that', 'json', { operator: 'eq', value: {} }, 400, 'VALIDATION_FAILED'],
  ])('%s is refused', async (_, type, check, status, code) => {
    const refused = await create({ columns: [ID, { name: 'a', type, checks: [check] }] });
    expect([refused.status, refused.body.error?.code]).toEqual([status, code]);
  });
});

describe('checks of tables', () => {
  const columns = [
    ID,
    { name: 'low', type: 'integer' },
    { name: 'high', type: 'integer' },
    { name: 'state', type: 'text' },
  ];
  const ordered = {
    name: 'ordered',
    conditions: [{ column: 'low', operator: 'lte', other: 'high' }],
  };

  test('compare columns, and hold all together or one of them', async () => {
    const { name, body } = await create({
      columns,
      checks: [
        ordered,
        {
          name: 'closed_or_low',
          match: 'any',
          conditions: [
            { column: 'state', operator: 'eq', value: 'closed' },
            {
              conditions: [
                { column: 'low', operator: 'lt', value: 5 },
                { column: 'high', operator: 'isNotNull' },
              ],
            },
          ],
        },
      ],
    });
    expect(body.constraints.map((one: Constraint) => one.name)).toEqual([
      `${name}_pkey`,
      'ordered',
      'closed_or_low',
    ]);
    expect(await broken(name, 'low, high, state', `1, 2, 'open'`)).toBeUndefined();
    expect(await broken(name, 'low, high, state', `7, 8, 'closed'`)).toBeUndefined();
    expect(await broken(name, 'low, high, state', `3, 2, 'closed'`)).toBe('ordered');
    expect(await broken(name, 'low, high, state', `7, 8, 'open'`)).toBe('closed_or_low');
  });

  test('of a column compare it with others of its row, too', async () => {
    const check = { operator: 'gte', other: 'low' };
    const { name } = await create({
      columns: [ID, { name: 'low', type: 'integer' }, { name: 'a', type: 'integer', checks: [check] }],
    });
    const added = { addColumns: [{ name: 'b', type: 'integer', checks: [check] }] };
    expect((await patch(name, added)).status).toBe(200);
    expect(await broken(name, 'low, a, b', '1, 1, 1')).toBeUndefined();
    expect(await broken(name, 'low, a', '2, 1')).toBe(`${name}_check`);
    expect(await broken(name, 'low, b', '2, 1')).toBe(`${name}_check1`);
  });

  test('come later, are asked of rows that are there or not yet, and go', async () => {
    const { name } = await create({ columns });
    await owner((client) => client.query(`insert into ${name} (low, high) values (2, 1)`));
    const refused = await patch(name, { addChecks: [ordered] });
    expect(refused.error).toEqual([422, 'CONSTRAINT_VIOLATION', 'addChecks.0']);
    const { body } = await patch(name, {
      alterColumns: [{ name: 'low', newName: 'least' }],
      addChecks: [
        { ...ordered, conditions: [{ column: 'least', operator: 'lte', other: 'high' }], validate: false },
      ],
    });
    expect(named(body, 'ordered')).toMatchObject({ columns: ['least', 'high'], validated: false });
    expect(await broken(name, 'least, high', '2, 1')).toBe('ordered');
    const validate = { validateConstraints: ['ordered'] };
    expect((await patch(name, validate)).error).toEqual([
      422,
      'CONSTRAINT_VIOLATION',
      'validateConstraints.0',
    ]);
    await owner((client) => client.query(`update ${name} set high = 3`));
    expect(named((await patch(name, validate)).body, 'ordered')?.validated).toBe(true);
    const dropped = await patch(name, { dropConstraints: ['ordered'] });
    expect(named(dropped.body, 'ordered')).toBeUndefined();
    expect((await patch(name, { dropConstraints: ['ordered'] })).error).toEqual([
      404,
      'NOT_FOUND',
      'dropConstraints.0',
    ]);
  });

  test('refuse what is not there, and names that are no names', async () => {
    const { name } = await create({ columns });
    const unknown = { name: 'x', conditions: [{ column: 'absent', operator: 'isNull' }] };
    expect((await patch(name, { addChecks: [unknown] })).error).toEqual([
      400,
      'COLUMN_NOT_FOUND',
      'addChecks.0.conditions.0.column',
    ]);
    for (const hostile of ['a"b', "a'b", 'a b', 'é', 'x'.repeat(64), '']) {
      const check = { ...ordered, name: hostile };
      expect((await patch(name, { addChecks: [check] })).error[1]).toBe('VALIDATION_FAILED');
      const column = { ...ordered, conditions: [{ column: hostile, operator: 'isNull' }] };
      expect((await patch(name, { addChecks: [column] })).error[1]).toBe('VALIDATION_FAILED');
    }
    const [long, twin] = ['a', 'b'].map((end) => 'x'.repeat(62) + end);
    const made = await patch(name, { addChecks: [long, twin].map((one) => ({ ...ordered, name: one })) });
    expect(made.body.constraints.map((one: Constraint) => one.name)).toEqual([`${name}_pkey`, long, twin]);
    expect((await patch(name, { dropConstraints: [`${name}_pkey`] })).error).toEqual([
      400,
      'VALIDATION_FAILED',
      undefined,
    ]);
    const tried = await patch(name, { addChecks: [{ ...ordered, name: 'tried' }], dryRun: true });
    expect(tried.body.sql).toEqual([
      expect.stringContaining('add constraint "tried" check (("low" operator(pg_catalog.<=) "high"))'),
    ]);
    expect(named((await its.at(caller, 'GET', `/tables/${name}`)).body, 'tried')).toBeUndefined();
  });
});

describe('keys of several columns', () => {
  const pair = [
    { name: 'tenant', type: 'text', nullable: false },
    { name: 'number', type: 'integer', nullable: false },
  ];

  test('tell rows apart, lead to them, and say what becomes of who points there', async () => {
    const invoice = await create({ columns: [ID, ...pair], uniques: [{ columns: ['tenant', 'number'] }] });
    const line = await create({
      columns: [ID, { name: 'tenant', type: 'text' }, { name: 'number', type: 'integer' }],
      foreignKeys: [
        {
          name: 'of_invoice',
          columns: ['tenant', 'number'],
          references: { table: invoice.name, columns: ['tenant', 'number'] },
          onDelete: 'cascade',
          onUpdate: 'cascade',
        },
      ],
    });
    expect(named(line.body, 'of_invoice')).toMatchObject({
      kind: 'foreignKey',
      columns: ['tenant', 'number'],
      references: {
        table: invoice.name,
        columns: ['tenant', 'number'],
        onDelete: 'cascade',
        onUpdate: 'cascade',
      },
    });
    expect(named(invoice.body, `${invoice.name}_tenant_number_key`)).toMatchObject({
      kind: 'unique',
      columns: ['tenant', 'number'],
      references: null,
    });
    expect(await broken(line.name, 'tenant, number', `'a', 1`)).toBe('of_invoice');
    expect(await broken(invoice.name, 'tenant, number', `'a', 1`)).toBeUndefined();
    expect(await broken(invoice.name, 'tenant, number', `'a', 1`)).toBe(`${invoice.name}_tenant_number_key`);
    expect(await broken(line.name, 'tenant, number', `'a', 1`)).toBeUndefined();
    const rows = await owner(async (client) => {
      await client.query(`update ${invoice.name} set number = 2`);
      return (await client.query(`select number from ${line.name}`)).rows;
    });
    expect(rows).toEqual([{ number: 2 }]);
  });

  test('come later, and are refused for what the rows are', async () => {
    const first = await create({ columns: [ID, ...pair] });
    const second = await create({ columns: [ID, ...pair] });
    await owner((client) =>
      client.query(`insert into ${first.name} (tenant, number) values ('a', 1), ('a', 1);
        insert into ${second.name} (tenant, number) values ('b', 1)`),
    );
    const unique = { addUniques: [{ columns: ['tenant', 'number'] }] };
    expect((await patch(first.name, unique)).error).toEqual([409, 'UNIQUE_VIOLATION', 'addUniques.0']);
    await owner((client) => client.query(`delete from ${first.name} where id = 2`));
    expect((await patch(first.name, unique)).status).toBe(200);
    const key = {
      name: 'to_first',
      columns: ['tenant', 'number'],
      references: { table: first.name, columns: ['tenant', 'number'] },
    };
    expect((await patch(second.name, { addForeignKeys: [key] })).error).toEqual([
      409,
      'FOREIGN_KEY_VIOLATION',
      'addForeignKeys.0',
    ]);
    const lazy = await patch(second.name, { addForeignKeys: [{ ...key, validate: false }] });
    expect(named(lazy.body, 'to_first')).toMatchObject({ validated: false });
    expect((await patch(second.name, { dropConstraints: ['to_first'] })).status).toBe(200);
    const odd = { ...key, references: { table: first.name, columns: ['tenant'] } };
    expect((await patch(second.name, { addForeignKeys: [odd] })).error[1]).toBe('VALIDATION_FAILED');
    const loose = { ...key, references: { table: first.name, columns: ['number', 'id'] } };
    expect((await patch(second.name, { addForeignKeys: [loose] })).error.slice(1)).toEqual([
      expect.stringMatching(/BUSINESS_RULE_VIOLATED|INVALID_VALUE/),
      'addForeignKeys.0',
    ]);
  });
});
