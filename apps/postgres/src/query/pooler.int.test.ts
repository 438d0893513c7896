import { isFullSize } from '@plinth/testing';
import { type PgbouncerServer, startPgbouncer } from '@plinth/testing/systems/pgbouncer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginName, type Place, roleName } from '../placement/place.ts';
import { createTestWorkspaces, type TestWorkspaces } from '../testing/workspaces.ts';
import type { RequestContext } from './context.ts';
import { createLoginPools, type LoginPools } from './login-pools.ts';
import { createPace } from './pace.ts';
import type { Statement } from './statement.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

const statement = (text: string, ...values: string[]): Statement => ({ text, values });

describe.runIf(isFullSize)('behind a pooler of transactions', () => {
  let workspaces: TestWorkspaces;
  let place: Place;
  let pooler: PgbouncerServer;
  let pools: LoginPools;

  const contextOf = (more: Partial<RequestContext> = {}): RequestContext => ({
    role: roleName(place, 'member'),
    claims: '{"sub":"usr_1"}',
    isReadOnly: false,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 500,
    method: 'GET',
    path: '/rows/items',
    correlationId: 'corr-1234',
    ...more,
  });

  async function run(one: Statement, more: Partial<RequestContext> & { signal?: AbortSignal } = {}) {
    const { signal, ...context } = more;
    const [row] = await pools.run(place, 'api', [one], { context: contextOf(context), signal });
    return row;
  }

  beforeAll(async () => {
    workspaces = await createTestWorkspaces();
    place = await workspaces.add(['create table items (id int primary key)']);
    const login = { name: loginName(place, 'api'), password: workspaces.passwordOf(place, 'api') };
    const signal = new AbortController().signal;
    pooler = await startPgbouncer(workspaces.url, [login], { cache: '', log() {}, signal });
    const clusters = new Map([['test', { url: pooler.url, isTransactionPooled: true }]]);
    pools = createLoginPools({ clusters, passwordOf: workspaces.passwordOf, queueMs: 20_000, log: silent });
  });

  afterAll(async () => {
    pools.close();
    await pooler.stop();
    await workspaces.drop();
  });

  it('runs each request as its role, whichever session it gets, and prepares nothing there', async () => {
    const asked = statement(
      "select current_user::text, current_setting('request.jwt.claims'), $1::text",
      'x',
    );
    const rows = await Promise.all(Array.from({ length: 200 }, () => run(asked)));
    for (const row of rows) expect(row).toEqual([roleName(place, 'member'), '{"sub":"usr_1"}', 'x']);
    const kept = await run(statement('select count(*)::text from pg_prepared_statements'));
    expect(kept).toEqual(['0']);
  });

  it('keeps reads that go together apart', async () => {
    const asked = (text: string) => {
      const pace = createPace();
      pace.took(0);
      const work = { context: contextOf({ isReadOnly: true, claims: `{"sub":"${text}"}` }), pace };
      const seen = statement("select $1::text, current_setting('request.jwt.claims')", text);
      return pools.run(place, 'api', [seen], work);
    };
    const rows = await Promise.all(Array.from({ length: 200 }, (_, index) => asked(String(index))));
    expect(rows).toEqual(Array.from({ length: 200 }, (_, index) => [[`${index}`, `{"sub":"${index}"}`]]));
  });

  it('takes all of a request or nothing', async () => {
    const insert = statement(`insert into ${place.schema}.items values ($1::int)`, '1');
    await expect(pools.run(place, 'api', [insert, insert], { context: contextOf() })).rejects.toMatchObject({
      code: 'UNIQUE_VIOLATION',
    });
    await expect(run(insert, { isReadOnly: true })).rejects.toMatchObject({ code: 'READ_ONLY' });
    await run(insert, { isolation: 'serializable' });
    expect(await run(statement(`select count(*)::text from ${place.schema}.items`))).toEqual(['1']);
  });

  it('gives up what runs for a caller who has left', async () => {
    const left = new Error('left');
    const leaving = new AbortController();
    const asked = run(statement('select pg_sleep(20)::text'), { signal: leaving.signal });
    const sleeping = () =>
      workspaces.query(
        "select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep(20)%'",
      );
    await expect.poll(sleeping).toHaveLength(1);
    leaving.abort(left);
    await expect(asked).rejects.toBe(left);
    expect(await sleeping()).toHaveLength(0);
    await expect(run(statement('select 1 / 0'))).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });
});
