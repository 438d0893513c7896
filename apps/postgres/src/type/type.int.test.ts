import { newUlid } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

const postgres = await openPostgres();
const member = postgres.newMember();

async function at(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  payload?: object,
  { who = member, key = newUlid() } = {},
) {
  const url = `/v1/postgres/${member.workspaceId}${path}`;
  const headers = { prefer: 'return=representation', 'idempotency-key': key };
  const { status, body } = await postgres.send(who, { method, url, headers, ...(payload && { payload }) });
  return { status, body, error: [status, body.error?.code, body.error?.details?.field] };
}

const ID = { name: 'id', type: 'integer', primaryKey: true };
const values = ['calm', "it's; --", 'Ünruhig', '"tense"'];

test('a type is made, gets values and other names, and goes when no column is of it', async () => {
  const made = await at('POST', '/types', { name: 'mood', values });
  expect([made.status, made.body]).toEqual([201, { name: 'mood', values, sql: [] }]);
  expect((await at('POST', '/types', { name: 'mood', values })).error).toEqual([409, 'CONFLICT', 'name']);
  const changed = await at('PATCH', '/types/mood', {
    name: 'Feeling',
    addValues: [{ value: 'first', before: 'calm' }, { value: 'last' }],
    renameValues: [{ value: '"tense"', newValue: 'tense' }],
  });
  const after = ['first', 'calm', "it's; --", 'Ünruhig', 'tense', 'last'];
  expect([changed.status, changed.body]).toEqual([200, { name: 'Feeling', values: after, sql: [] }]);
  expect((await at('GET', '/types')).body.data).toEqual([{ name: 'Feeling', values: after }]);
  expect((await at('GET', '/types/mood')).error.slice(0, 2)).toEqual([404, 'TYPE_NOT_FOUND']);
  const column = { name: 'state', type: { enum: 'Feeling' }, default: 'calm' };
  expect((await at('POST', '/tables', { name: 'held', columns: [ID, column] })).status).toBe(201);
  expect((await at('DELETE', '/types/Feeling')).error.slice(0, 2)).toEqual([409, 'CONFLICT']);
  await at('DELETE', '/tables/held');
  const tried = await at('DELETE', '/types/Feeling?dryRun=true');
  expect(tried.body.sql).toEqual([expect.stringMatching(/^drop type "ws_\w+"\."Feeling"$/)]);
  expect((await at('DELETE', '/types/Feeling')).body).toEqual({ name: 'Feeling', deleted: true, sql: [] });
});

test('rows hold its values, are filtered and ordered by them, and the document lists them', async () => {
  await at('POST', '/types', { name: 'size', values: ['small', 'middling', 'large'] });
  const size = { enum: 'size' };
  const made = await at('POST', '/tables', {
    name: 'thing',
    columns: [
      ID,
      { name: 'size', type: size, nullable: false, default: 'small' },
      { name: 'sizes', type: { ...size, array: true }, default: { value: ['large'] } },
    ],
    checks: [{ name: 'fits', conditions: [{ column: 'size', operator: 'in', value: ['small', 'large'] }] }],
  });
  expect(made.body.columns?.map(({ type }: { type: string }) => type)).toEqual(['integer', 'size', 'size[]']);
  const rows = [{ id: 1 }, { id: 2, size: 'large' }];
  for (const row of rows) expect((await at('POST', '/rows/thing', row)).status).toBe(201);
  expect((await at('POST', '/rows/thing', { id: 3, size: 'middling' })).error[1]).toBe(
    'CONSTRAINT_VIOLATION',
  );
  expect((await at('POST', '/rows/thing', { id: 3, size: 'huge' })).error[1]).toBe('INVALID_VALUE');
  const idsOf = async (query: string) =>
    (await at('GET', `/rows/thing?select=id&${query}`)).body.map(({ id }: { id: number }) => id);
  expect([
    await idsOf('size=eq.large'),
    await idsOf('size=gt.small'),
    await idsOf('order=size.desc'),
  ]).toEqual([[2], [2], [2, 1]]);
  const policy = {
    name: 'small',
    using: { conditions: [{ column: 'size', operator: 'eq', value: 'small' }] },
  };
  expect((await at('POST', '/tables/thing/policies', policy)).status).toBe(201);
  await at('PATCH', '/types/size', { addValues: [{ value: 'huge' }] });
  expect((await at('PATCH', '/tables/thing', { dropConstraints: ['fits'] })).status).toBe(200);
  expect((await at('POST', '/rows/thing', { id: 3, size: 'huge' })).status).toBe(201);
  const { body } = await at('GET', '/openapi.json');
  expect(body.components.schemas['Row.thing'].properties.size).toMatchObject({
    enum: ['small', 'middling', 'large', 'huge'],
    default: 'small',
  });
});

test('a text becomes one, in a table and in a migration', async () => {
  const columns = [ID, { name: 'colour', type: 'text' }];
  await at('POST', '/tables', { name: 'paint', columns });
  await at('POST', '/rows/paint', { id: 1, colour: 'red' });
  const change = { alterColumns: [{ name: 'colour', type: { enum: 'colour' } }] };
  const migration = (colours: string[]) => ({
    migrations: [
      {
        version: '1',
        changes: [
          { createType: { name: 'colour', values: colours } },
          { updateTable: { table: 'paint', ...change } },
          { updateType: { type: 'colour', renameValues: [{ value: 'blue', newValue: 'azure' }] } },
        ],
      },
    ],
  });
  expect((await at('POST', '/migrations', migration(['blue']))).error).toEqual([
    400,
    'INVALID_VALUE',
    'migrations.0.changes.1.alterColumns.0.type',
  ]);
  expect((await at('POST', '/migrations', migration(['red', 'blue']))).status).toBe(200);
  expect((await at('GET', '/types/colour')).body.values).toEqual(['red', 'azure']);
  expect((await at('GET', '/rows/paint?colour=eq.red')).body).toEqual([{ id: 1, colour: 'red' }]);
});

test.each<[string, object, [number, string]]>([
  ['a name with a quote', { name: 'a"b', values: ['a'] }, [400, 'VALIDATION_FAILED']],
  ['a name of 64 characters', { name: 'a'.repeat(64), values: ['a'] }, [400, 'VALIDATION_FAILED']],
  ['a name of Postgres', { name: 'text', values: ['a'] }, [400, 'VALIDATION_FAILED']],
  ['no values', { name: 'a', values: [] }, [400, 'VALIDATION_FAILED']],
  ['a value twice', { name: 'a', values: ['a', 'a'] }, [400, 'VALIDATION_FAILED']],
  ['a value of 64 bytes', { name: 'a', values: ['ä'.repeat(32)] }, [400, 'VALIDATION_FAILED']],
  ['a value with a null', { name: 'a', values: ['a\0'] }, [400, 'VALIDATION_FAILED']],
])('%s is refused', async (_, payload, refused) => {
  expect((await at('POST', '/types', payload)).error.slice(0, 2)).toEqual(refused);
});

test('what is not there is told, and neither a reader nor a stranger changes anything', async () => {
  await at('POST', '/types', { name: 'kept', values: ['a', 'b'] });
  expect((await at('PATCH', '/types/kept', { addValues: [{ value: 'c', before: 'x' }] })).error).toEqual([
    400,
    'INVALID_VALUE',
    'addValues.0.before',
  ]);
  expect((await at('PATCH', '/types/kept', { addValues: [{ value: 'a' }] })).error).toEqual([
    409,
    'CONFLICT',
    'addValues.0',
  ]);
  const column = { name: 'a', type: { enum: 'absent' } };
  expect((await at('POST', '/tables', { name: 'x', columns: [column] })).error.slice(0, 2)).toEqual([
    400,
    'INVALID_VALUE',
  ]);
  const reader = { ...member, permissions: ['schemas:read' as const] };
  expect((await at('PATCH', '/types/kept', { name: 'b' }, { who: reader })).status).toBe(403);
  const stranger = postgres.newMember();
  expect((await at('GET', '/types', undefined, { who: stranger })).error[1]).toBe('WORKSPACE_NOT_FOUND');
  const key = newUlid();
  const change = { addValues: [{ value: 'c' }] };
  const [first, again] = [
    await at('PATCH', '/types/kept', change, { key }),
    await at('PATCH', '/types/kept', change, { key }),
  ];
  expect([first.status, again.body]).toEqual([200, first.body]);
});
