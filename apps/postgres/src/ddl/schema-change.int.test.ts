import { newUlid } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import { elapsed, isFullSize } from '@plinth/testing';
import { expect, test } from 'vitest';
import { memberOf } from '../testing/test-placements.ts';
import { openSchemas } from '../testing/test-schemas.ts';
import { createSchemaChanges } from './schema-change.ts';

const its = await openSchemas();
const caller = memberOf();

const change = (...statements: string[]) => ({
  plan: async () => statements.map((text) => ({ text, field: 'name' })),
  see: async () => 'seen',
});

const owner = async <T>(work: Parameters<typeof withClient<T>>[1]) =>
  withClient(its.placements.urlOf(await its.placements.placeOf(caller), 'owner'), work);

const tables = () =>
  owner(async (client) => {
    const { rows } = await client.query(
      `select relname from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace`,
    );
    return rows.map(({ relname }) => relname);
  });

test('a change that takes too long is given up as a whole, also where each of its statements is short', async () => {
  const { placements, pools } = its;
  const hurried = createSchemaChanges({ placements, pools, cache: { invalidate() {} }, withinMs: 500 });
  const slow = change('create table slow ()', ...Array<string>(30).fill('select pg_sleep(0.1)'));
  for (const attempt of [hurried.make, hurried.tryOut]) {
    await expect(attempt(caller, newUlid(), slow)).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
  }
  expect(await tables()).not.toContain('slow');
  await owner(async (client) => {
    const { rows } = await client.query(
      `select from pg_stat_activity where usename = current_user and pid <> pg_backend_pid() and state <> 'idle'`,
    );
    expect(rows).toEqual([]);
  });
  await its.changes.make(caller, newUlid(), change('create table quick ()'));
  expect(await tables()).toContain('quick');
});

test.runIf(isFullSize)(
  'rows that are rewritten for too long are a 504 in time, and as they were',
  async () => {
    const columns = [{ name: 'a', type: 'text' }];
    expect((await its.at(caller, 'POST', '/tables', { name: 'long', columns })).status).toBe(201);
    await owner(async (client) => {
      const slowly = (seconds: number) =>
        client.query(`create or replace function slowly(text) returns boolean language plpgsql as
          'begin perform pg_sleep(${seconds}); return true; end'`);
      await slowly(0);
      await client.query('alter table long add constraint slow check (slowly(a))');
      await client.query('insert into long select n::text from generate_series(1, 50) n');
      await slowly(0.2);
    });
    const asked = its.at(caller, 'PATCH', '/tables/long', {
      alterColumns: [{ name: 'a', type: 'varchar(90)' }],
    });
    expect(await elapsed(() => asked)).toBeLessThan(5_000);
    const { status, body } = await asked;
    expect([status, body.error?.code]).toEqual([504, 'STATEMENT_TIMEOUT']);
    expect((await its.at(caller, 'GET', '/tables/long')).body.columns[0].type).toBe('text');
  },
);
