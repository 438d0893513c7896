import { AppError } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Place, roleName } from '../placement/place.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import type { RequestContext } from './context.ts';
import { createLoginPools, type LoginPools, type Work } from './login-pools.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** What must never be seen outside: values of rows, and what was sent. */
const SECRET = 's3cret';

let workspaces: TestWorkspaces;
let place: Place;
let pools: LoginPools;

async function refusal(
  text: string,
  { mayKnow, ...more }: Partial<RequestContext> & Pick<Work, 'mayKnow'> = {},
): Promise<AppError> {
  const context: RequestContext = {
    role: roleName(place, 'member'),
    claims: '{}',
    isReadOnly: false,
    statementTimeoutMs: 2_000,
    lockTimeoutMs: 100,
    method: 'GET',
    path: '/',
    correlationId: 'corr-1234',
    ...more,
  };
  const asked = pools.run(place, 'api', [{ text, values: [] }], { context, mayKnow });
  const error: unknown = await asked.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`not an AppError: ${error}`);
  return error;
}

const seen = ({ message, details }: AppError): string => `${message} ${JSON.stringify(details)}`;

beforeAll(async () => {
  workspaces = await createTestWorkspaces();
  place = await workspaces.add([
    'create table parents (id int primary key)',
    `create table items (
       id int primary key, name text not null unique, size int constraint positive check (size > 0),
       parent int references parents, span int4range, exclude using gist (span with &&))`,
    `insert into items values (1, '${SECRET}', 1, null, '[1,5)')`,
    'create view items_view as select id from items where id < 10 with check option',
    `create function raises(code text, message text) returns void language plpgsql
       as $$ begin raise exception using errcode = code, message = message; end $$`,
    "create function deep(n int) returns int language sql as 'select 1'",
    `create or replace function deep(n int) returns int language plpgsql as 'begin return deep(n + 1); end'`,
    'create table hidden (id int)',
  ]);
  await workspaces.query(`revoke all on ${place.schema}.hidden from ${roleName(place, 'member')}`);
  const clusters = new Map([['test', { url: workspaces.url }]]);
  pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, log: silent });
});

afterAll(async () => {
  pools.close();
  await workspaces.drop();
});

describe('what Postgres refuses', () => {
  it.each([
    [`select '${SECRET}'::int`, 'INVALID_VALUE', 400],
    [`select ('9' || repeat('9', 20))::int8`, 'INVALID_VALUE', 400],
    [`select '2020-13-45'::date`, 'INVALID_VALUE', 400],
    [`select '{"${SECRET}'::json`, 'INVALID_VALUE', 400],
    [`select 'a' ~ '(${SECRET}'`, 'INVALID_PATTERN', 400],
    [`insert into items (id, name) values (2, null)`, 'CONSTRAINT_VIOLATION', 422],
    [`insert into items (id, name, size) values (2, '${SECRET}2', -1)`, 'CONSTRAINT_VIOLATION', 422],
    [`insert into items_view values (20)`, 'CONSTRAINT_VIOLATION', 422],
    [`insert into items_view values (11)`, 'CONSTRAINT_VIOLATION', 422],
    [`insert into items (id, name) values (2, '${SECRET}')`, 'UNIQUE_VIOLATION', 409],
    [`insert into items (id, name, parent) values (2, '${SECRET}2', 99)`, 'FOREIGN_KEY_VIOLATION', 409],
    [`insert into items (id, name, span) values (2, '${SECRET}2', '[2,3)')`, 'EXCLUSION_VIOLATION', 409],
    ['select * from hidden', 'PERMISSION_DENIED', 403],
    ['select * from unknown', 'TABLE_NOT_FOUND', 404],
    ['select unknown from items', 'COLUMN_NOT_FOUND', 400],
    ['select unknown(1)', 'FUNCTION_NOT_FOUND', 404],
    ['select * from items where id ~~ name', 'INVALID_FILTER', 400],
    ['select deep(1)', 'TOO_COMPLEX', 400],
    ['select pg_sleep(5)', 'STATEMENT_TIMEOUT', 504, { statementTimeoutMs: 50 }],
    ['delete from items', 'READ_ONLY', 405, { isReadOnly: true }],
    [`select raises('40001', '${SECRET}')`, 'SERIALIZATION_FAILURE', 409],
    [`select raises('55P03', '${SECRET}')`, 'LOCKED', 409],
    [`select raises('53300', '${SECRET}')`, 'DATABASE_UNAVAILABLE', 503],
    [`select raises('PLX01', '17')`, 'MAX_AFFECTED_EXCEEDED', 422],
    ['select 1', 'INTERNAL_ERROR', 500, { role: 'nobody_of_that_name' }],
  ] as const)('%s is %s', async (text, code, status, more: Partial<RequestContext> = {}) => {
    const qualified = text.replaceAll(
      /\b(items|items_view|hidden|unknown|deep|raises)(?=[ (]|$)/g,
      `${place.schema}.$1`,
    );
    const error = await refusal(text.startsWith('select unknown from') ? text : qualified, more);
    expect(error).toMatchObject({ code, status });
    expect(seen(error)).not.toContain(SECRET);
    expect(seen(error)).not.toContain(place.schema);
  });

  it.each([
    [`select '${SECRET}'::int`, 'A value is not of the type integer'],
    [`select '${SECRET}'::timestamptz`, 'A value is not of the type timestamp with time zone'],
    ['insert into items (id, name) values (2, null)', 'A column that has to have a value was given none'],
  ])('%s says what is wrong with the value, and not the value', async (text, message) => {
    expect(await refusal(text.replace('items', `${place.schema}.items`))).toMatchObject({ message });
  });

  it('says to try again where that can help', async () => {
    const error = await refusal(`select ${place.schema}.raises('40P01', '')`);
    expect(error.details).toEqual({ retryable: true });
  });

  it('says how many rows it would have been', async () => {
    const error = await refusal(`select ${place.schema}.raises('PLX01', '17')`);
    expect(error.details).toEqual({ affected: 17 });
  });

  it('names what the caller may know, and nothing else', async () => {
    const unique = `insert into ${place.schema}.items (id, name) values (2, '${SECRET}')`;
    const missing = `insert into ${place.schema}.items (id) values (2)`;
    expect((await refusal(unique)).details).toBeUndefined();
    const all = () => true;
    expect((await refusal(unique, { mayKnow: all })).details).toEqual({ constraint: 'items_name_key' });
    expect((await refusal(missing, { mayKnow: all })).details).toEqual({ column: 'name' });
    const notTheName = (_: string, column?: string) => column !== undefined && column !== 'name';
    expect((await refusal(unique, { mayKnow: notTheName })).details).toBeUndefined();
    expect((await refusal(missing, { mayKnow: notTheName })).details).toBeUndefined();
  });
});

describe('what a function raises', () => {
  it.each([
    ['P0001', 'RAISED_BY_FUNCTION', 400],
    ['MINE1', 'RAISED_BY_FUNCTION', 400],
    ['XX000', 'RAISED_BY_FUNCTION', 400],
    ['PT404', 'NOT_FOUND', 404],
    ['PT422', 'BUSINESS_RULE_VIOLATED', 422],
    ['PT418', 'RAISED_BY_FUNCTION', 400],
  ])('as %s is told as %s, in its own words', async (sqlstate, code, status) => {
    const error = await refusal(`select ${place.schema}.raises('${sqlstate}', 'no stock left')`);
    expect(error).toMatchObject({ code, status, message: 'no stock left' });
  });
});
