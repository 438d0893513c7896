import { beforeAll, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

const postgres = await openPostgres();
const member = postgres.newMember();
const at = (method: 'GET' | 'POST' | 'PATCH', path: string, payload?: object) =>
  postgres.send(member, {
    method,
    url: `/v1/postgres/${member.workspaceId}${path}`,
    headers: { prefer: 'return=representation' },
    ...(payload && { payload }),
  });

beforeAll(async () => {
  const pair = [
    { name: 'tenant', type: 'text' },
    { name: 'number', type: 'integer' },
  ];
  const columns = ['tenant', 'number'];
  await at('POST', '/tables', {
    name: 'invoice',
    columns: pair.map((column) => ({ ...column, primaryKey: true })),
  });
  const made = await at('POST', '/tables', {
    name: 'line',
    columns: [
      { name: 'id', type: 'integer', primaryKey: true },
      { name: 'count', type: 'integer', checks: [{ operator: 'gte', value: 1 }] },
      ...pair,
    ],
    foreignKeys: [{ name: 'of_invoice', columns, references: { table: 'invoice', columns } }],
    checks: [{ name: 'few', conditions: [{ column: 'count', operator: 'lte', value: 9 }] }],
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const invoices = ['a', 'b'].flatMap((tenant) => [1, 2].map((number) => ({ tenant, number })));
  await at('POST', '/rows/invoice', invoices);
  const lines = [
    { id: 1, count: 1, tenant: 'a', number: 1 },
    { id: 2, count: 2, tenant: 'b', number: 1 },
    { id: 3, count: 3, tenant: 'b', number: 1 },
    { id: 4, count: 4, tenant: null, number: 1 },
  ];
  expect((await at('POST', '/rows/line', lines)).status).toBe(201);
});

test('rows are embedded along a key of several columns, from both ends', async () => {
  const up = await at('GET', '/rows/line?select=id,invoice(tenant,number)&order=id');
  expect(up.body).toEqual([
    { id: 1, invoice: { tenant: 'a', number: 1 } },
    { id: 2, invoice: { tenant: 'b', number: 1 } },
    { id: 3, invoice: { tenant: 'b', number: 1 } },
    { id: 4, invoice: null },
  ]);
  const down = await at(
    'GET',
    '/rows/invoice?select=tenant,number,line!of_invoice(id)&order=tenant,number&line.order=id',
  );
  expect(down.body.map(({ line }: { line: { id: number }[] }) => line.map(({ id }) => id))).toEqual([
    [1],
    [],
    [2, 3],
    [],
  ]);
  const inner = await at('GET', '/rows/invoice?select=tenant,line!inner(id)&line.count=gt.1');
  expect(inner.body).toEqual([{ tenant: 'b', line: [{ id: 2 }, { id: 3 }] }]);
});

test('whoever writes what breaks a rule is told which', async () => {
  const trial = async (row: object) => {
    const { status, body } = await at('POST', '/rows/line', { id: 9, count: 5, ...row });
    return [status, body.error?.code, body.error?.details?.constraint];
  };
  expect(await trial({ count: 0 })).toEqual([422, 'CONSTRAINT_VIOLATION', 'line_count_check']);
  expect(await trial({ count: 10 })).toEqual([422, 'CONSTRAINT_VIOLATION', 'few']);
  expect(await trial({ tenant: 'a', number: 9 })).toEqual([409, 'FOREIGN_KEY_VIOLATION', 'of_invoice']);
});

test('a key that comes later is known with the next request', async () => {
  const made = await at('POST', '/tables', {
    name: 'note',
    columns: [
      { name: 'id', type: 'integer', primaryKey: true },
      { name: 't', type: 'text' },
      { name: 'n', type: 'integer' },
    ],
  });
  expect(made.status).toBe(201);
  const embed = () => at('GET', '/rows/note?select=id,invoice(number)');
  expect((await embed()).body.error?.code).toBe('RELATIONSHIP_NOT_FOUND');
  const key = { columns: ['t', 'n'], references: { table: 'invoice', columns: ['tenant', 'number'] } };
  expect((await at('PATCH', '/tables/note', { addForeignKeys: [key] })).status).toBe(200);
  expect((await embed()).body).toEqual([]);
});
