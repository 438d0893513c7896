import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Place, roleName } from '../placement/place.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import type { RequestContext } from './context.ts';
import { createLoginPools, type LoginPools } from './login-pools.ts';
import type { Statement } from './statement.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let workspaces: TestWorkspaces;
let place: Place;
let pools: LoginPools;

const statement = (text: string, ...values: (string | null)[]): Statement => ({ text, values });

const contextOf = (more: Partial<RequestContext> = {}): RequestContext => ({
  role: roleName(place, 'member'),
  claims: '{"sub":"usr_1"}',
  isReadOnly: false,
  statementTimeoutMs: 3_000,
  lockTimeoutMs: 500,
  method: 'GET',
  path: '/rows/items',
  correlationId: 'corr-1234',
  ...more,
});

const run = (statements: readonly Statement[], more: Partial<RequestContext> = {}) =>
  pools.run(place, 'api', statements, { context: contextOf(more) });

const STATE = `select current_user::text, current_setting('request.jwt.claims', true),
  current_setting('transaction_read_only'), current_setting('transaction_isolation'),
  current_setting('statement_timeout'), current_setting('search_path')`;

beforeAll(async () => {
  workspaces = await createTestWorkspaces();
  place = await workspaces.add([
    'create table items (id int primary key, name text)',
    "insert into items values (1, 'one')",
  ]);
  const clusters = new Map([['test', { url: workspaces.url }]]);
  pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, maxPerLogin: 1, log: silent });
});

afterAll(async () => {
  pools.close();
  await workspaces.drop();
});

describe('one transaction under one Sync', () => {
  it('runs as the role, with the claims, and leaves nothing of it behind', async () => {
    const [state] = await run([statement(STATE)], { isReadOnly: true });
    expect(state).toEqual([
      roleName(place, 'member'),
      '{"sub":"usr_1"}',
      'on',
      'read committed',
      '3s',
      place.schema,
    ]);
    const [after] = await pools.run(place, 'api', [statement(STATE)], {});
    expect(after).toEqual([`${place.schema}_api`, '', 'off', 'read committed', '0', place.schema]);
  });

  it.each(['repeatable-read', 'serializable', 'read-committed'] as const)('runs %s', async (isolation) => {
    const [state] = await run([statement(STATE)], { isolation });
    expect(state?.[3]).toBe(isolation.replace('-', ' '));
    const [after] = await pools.run(place, 'api', [statement(STATE)], {});
    expect(after?.[3]).toBe('read committed');
  });

  it('takes nothing of it over when one statement fails', async () => {
    const insert = statement('insert into items values ($1::int, $2)', '2', 'two');
    await expect(run([insert, statement('select 1 / $1::int', '0')])).rejects.toMatchObject({
      code: 'INVALID_VALUE',
    });
    await expect(run([insert, insert], { isolation: 'serializable' })).rejects.toMatchObject({
      code: 'UNIQUE_VIOLATION',
    });
    const [count] = await run([statement('select count(*)::text from items')]);
    expect(count).toEqual(['1']);
  });

  it('answers each statement with its row', async () => {
    const rows = await run([
      statement('select $1::text, $2::text', 'ä"\\', null),
      statement('update items set name = name where false'),
      statement("select repeat('é', 100000)"),
    ]);
    expect(rows).toEqual([['ä"\\', null], [], ['é'.repeat(100_000)]]);
  });

  it('refuses a write where it only reads', async () => {
    const insert = statement("insert into items values (3, 'three')");
    await expect(run([insert], { isReadOnly: true })).rejects.toMatchObject({ code: 'READ_ONLY' });
  });
});
