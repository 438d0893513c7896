import { newUlid } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import { isFullSize } from '@plinth/testing';
import type { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { inSchema, quoted } from '../ddl/identifier.ts';
import { memberOf } from '../testing/test-placements.ts';
import { openSchemas } from '../testing/test-schemas.ts';
import { createBuildIndex } from './index-build.ts';

// Indexes of a table with more rows than can be locked for as long as that takes.

const log = { debug() {}, info() {}, warn() {}, error() {} };

const its = await openSchemas();
const caller = memberOf();
const owner = async <T>(work: (client: Client) => Promise<T>) =>
  withClient(its.placements.urlOf(await its.placements.placeOf(caller), 'owner'), work);

beforeAll(async () => {
  const columns = [
    { name: 'id', type: 'bigint', primaryKey: true, identity: 'always' },
    { name: 'a', type: 'text' },
    { name: 'b', type: 'integer' },
    { name: 'j', type: 'json' },
  ];
  expect((await its.at(caller, 'POST', '/tables', { name: 'large', columns })).status).toBe(201);
  await owner((client) =>
    client.query(
      `insert into large (a, b) select 'row number ' || n, n / 2 from generate_series(1, 30000) n`,
    ),
  );
});

const INDEXES = '/tables/large/indexes';
const post = (payload: object, headers?: Record<string, string>) =>
  its.at(caller, 'POST', INDEXES, payload, headers);
const get = async (name: string) => (await its.at(caller, 'GET', `${INDEXES}/${name}`)).body;
const remove = async (name: string) => {
  const { status, body } = await its.at(caller, 'DELETE', `${INDEXES}/${name}`);
  return [status, body.error?.code];
};
const columns = [{ name: 'b' }];
const becomes = (name: string, state: string) => expect.poll(async () => (await get(name)).state).toBe(state);

/** While somebody is in a transaction that was begun before. */
const during = <T>(statement: string, work: (client: Client) => Promise<T>) =>
  owner(async (client) => {
    await client.query(`begin; ${statement}`);
    return work(client);
  });
const WRITING = 'update large set a = a where id = 1';
const SNAPSHOT = 'set transaction isolation level repeatable read; select from pg_class';

describe('an index of a large table', () => {
  test('is built while others write, tells how far it is, and is ready when it is', async () => {
    await during(WRITING, async (writer) => {
      const { status, body } = await post({ name: 'slow', columns });
      expect([status, body]).toMatchObject([
        201,
        {
          name: 'slow',
          state: 'building',
          reason: null,
          progress: { phase: expect.stringContaining('wait') },
        },
      ]);
      await owner((client) => client.query(`set lock_timeout = '10s'; insert into large (b) values (-1)`));
      const { body: other } = await post({ name: 'other', columns });
      expect([other.error.code, other.error.details]).toEqual(['LOCKED', { retryable: true }]);
      await writer.query('commit');
    });
    await becomes('slow', 'ready');
    expect(await get('slow')).toMatchObject({ columns: ['b'], progress: null, reason: null });
    const { rows } = await owner((client) =>
      client
        .query('set enable_seqscan = off; explain select from large where b = 5')
        .then((all) => (Array.isArray(all) ? all[1] : all)),
    );
    expect(JSON.stringify(rows)).toContain('slow');
    const again = await post({ name: 'slow', columns });
    expect([again.status, again.body.error.code]).toEqual([409, 'TABLE_EXISTS']);
    expect(await remove('slow')).toEqual([200, undefined]);
  });

  test('is given up when it is deleted meanwhile', async () => {
    await during(SNAPSHOT, async () => {
      expect((await post({ name: 'unwanted', columns })).body.state).toBe('building');
      expect(await remove('unwanted')).toEqual([200, undefined]);
      expect((await get('unwanted')).error.code).toBe('INDEX_NOT_FOUND');
    });
  });

  test('fails for what the rows are, says so, and can be made again', async () => {
    await owner((client) => client.query('update large set b = 7 where id <= 2'));
    await during(WRITING, async (writer) => {
      expect((await post({ name: 'doubtful', columns, unique: true })).body.state).toBe('building');
      await writer.query('commit');
    });
    await expect
      .poll(async () => (await get('doubtful')).reason)
      .toBe('UNIQUE_VIOLATION: columns: Several rows have the same values');
    expect(await get('doubtful')).toMatchObject({ state: 'failed', progress: null });
    await owner((client) => client.query('update large set b = id'));
    expect((await post({ name: 'doubtful', columns, unique: true })).status).toBe(201);
    await becomes('doubtful', 'ready');
    expect(await remove('doubtful')).toEqual([200, undefined]);
  });

  test('leaves nothing where its caller is told that it cannot be', async () => {
    const place = await its.placements.placeOf(caller);
    const build = createBuildIndex({ schemas: its.changes, builds: its.builds, log, patienceMs: 60_000 });
    const unique = (name: string, column: string) =>
      build(caller, place, {
        table: 'large',
        name,
        text: `create unique index concurrently ${quoted(name)} on ${inSchema(place.schema, 'large')} (${column})`,
      });
    await owner((client) => client.query('update large set b = 7 where id <= 2'));
    await expect(unique('refused', 'b')).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION', status: 409 });
    expect((await get('refused')).error.code).toBe('INDEX_NOT_FOUND');
    expect(await unique('fine', 'id')).toMatchObject({ state: 'ready' });
    const { body } = await post({ columns: [{ name: 'j' }] });
    expect(body.error).toMatchObject({ code: 'INVALID_VALUE', details: { field: 'columns' } });
  });

  test('is not begun while somebody changes the table', async () => {
    await during('lock table large in share update exclusive mode', async () => {
      const { status, body } = await post({ name: 'late', columns });
      expect([status, body.error?.code]).toEqual([409, 'LOCKED']);
      expect((await get('late')).error.code).toBe('INDEX_NOT_FOUND');
    });
  });

  test.runIf(isFullSize)(
    'is finished by the server alone, and one that nobody finished is told and made again',
    async () => {
      await during(WRITING, async (writer) => {
        expect((await post({ name: 'left', columns })).body.state).toBe('building');
        its.builds.close();
        await writer.query('commit');
      });
      await becomes('left', 'ready');
      await during(WRITING, async () => {
        expect((await post({ name: 'broken', columns })).body.state).toBe('building');
        await owner((client) =>
          client.query('select pg_terminate_backend(pid) from pg_stat_progress_create_index'),
        );
      });
      await becomes('broken', 'failed');
      expect((await get('broken')).reason).toBe('The build was interrupted');
      expect((await post({ name: 'broken', columns })).status).toBe(201);
      await becomes('broken', 'ready');
    },
  );

  test('is made once under its key', async () => {
    const key = { 'idempotency-key': newUlid() };
    await during(SNAPSHOT, async () => {
      const first = await post({ name: 'once', columns }, key);
      const second = await post({ name: 'once', columns }, key);
      expect([first.body.state, second.status, second.body]).toEqual(['building', 201, first.body]);
      expect(second.headers['x-idempotency-replayed']).toBe('true');
    });
    await becomes('once', 'ready');
  });

  test('is tried without a look at the rows', async () => {
    const { status, body } = await post({ name: 'tried', columns, unique: true, dryRun: true });
    expect([status, body.sql]).toEqual([
      201,
      [
        expect.stringMatching(
          /^create unique index concurrently "tried" on "ws_\w+"."large" using btree \("b"\)$/,
        ),
      ],
    ]);
    const wrong = await post({ columns: [{ name: 'j' }], dryRun: true });
    expect(wrong.body.error).toMatchObject({ code: 'INVALID_VALUE', details: { field: 'columns' } });
    const { body: tables } = await its.at(caller, 'GET', '/tables');
    expect(tables.data.map(({ name }: { name: string }) => name)).toEqual(['large']);
  });
});
