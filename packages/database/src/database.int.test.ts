import { AppError } from '@plinth/contracts';
import { closedPort, createTestDatabase, startTestProxy, type TestDatabase } from '@plinth/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type Database, type DatabaseOptions } from './database.ts';
import { isUniqueViolation } from './faults.ts';
import { silentLog } from './test-log.ts';

let server: TestDatabase;
const opened: Database[] = [];

function open(options: Partial<DatabaseOptions> = {}): Database {
  const database = createDatabase({ url: server.url, log: silentLog, ...options });
  opened.push(database);
  return database;
}

const pidOf = async (queryable: Pick<Database, 'query'>): Promise<number> => {
  const [row] = await queryable.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return row?.pid ?? 0;
};

const isUp = (database: Database): Promise<boolean> =>
  database.ping().then(
    () => true,
    () => false,
  );

beforeAll(async () => {
  server = await createTestDatabase();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
});

afterAll(() => server?.drop());

describe('values', () => {
  it('keeps instants exact, in UTC, and integers exact', async () => {
    const [row] = await open().query(
      `SELECT timestamptz '2024-03-31 04:05:06.123456+02' AS instant, timestamptz '2024-01-01' AS whole,
              date '2024-02-29' AS day, 9007199254740991::int8 AS safe, 9007199254740993::int8 AS unsafe,
              '{"a":[1]}'::jsonb AS document, 'infinity'::timestamptz AS never`,
    );
    expect(row).toEqual({
      instant: '2024-03-31T02:05:06.123456Z',
      whole: '2024-01-01T00:00:00.000000Z',
      day: '2024-02-29',
      safe: 9007199254740991,
      unsafe: '9007199254740993',
      document: { a: [1] },
      never: 'infinity',
    });
  });
});

describe('transaction', () => {
  it('commits all or nothing', async () => {
    const database = open();
    await database.query('CREATE TABLE pair (n int PRIMARY KEY)');
    await database.transaction(async (tx) => {
      await Promise.all([tx.query('INSERT INTO pair VALUES (1)'), tx.query('INSERT INTO pair VALUES (2)')]);
    });
    const failing = database.transaction(async (tx) => {
      await tx.query('INSERT INTO pair VALUES (3)');
      throw new AppError('CONFLICT');
    });
    await expect(failing).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await database.query('SELECT n FROM pair ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('never says done when a swallowed failure kept it from committing', async () => {
    const database = open();
    await database.query('CREATE TABLE swallowed (n int PRIMARY KEY)');
    const work = database.transaction(async (tx) => {
      await tx.query('INSERT INTO swallowed VALUES (1)');
      await tx.query('INSERT INTO swallowed VALUES (1)').catch(() => undefined);
    });
    await expect(work).rejects.toThrow('swallowed');
  });

  it('is closed to whoever kept it', async () => {
    const database = open();
    const kept = await database.transaction(async (tx) => tx);
    await expect(kept.query('SELECT 1')).rejects.toThrow('over');
  });

  it('runs again only when asked to', async () => {
    const database = open();
    const inTheWay = `DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$`;
    const runs = { plain: 0, retried: 0 };
    const plain = database.transaction(async (tx) => {
      runs.plain += 1;
      await tx.query(inTheWay);
    });
    await expect(plain).rejects.toMatchObject({ code: '40P01' });
    const retried = database.transaction(
      async (tx) => {
        runs.retried += 1;
        await tx.query(inTheWay);
      },
      { retry: true },
    );
    await expect(retried).rejects.toMatchObject({ code: '40P01' });
    expect(runs).toEqual({ plain: 1, retried: 3 });
  });
});

describe('faults', () => {
  it('passes a constraint to the repo that knows it, and keeps the connection', async () => {
    const database = open({ poolSize: 1 });
    await database.query('CREATE TABLE unique_thing (n int CONSTRAINT only_once UNIQUE)');
    const before = await pidOf(database);
    await database.query('INSERT INTO unique_thing VALUES (1)');
    const error = await database
      .query('INSERT INTO unique_thing VALUES (1)')
      .catch((thrown: unknown) => thrown);
    expect([isUniqueViolation(error), isUniqueViolation(error, 'only_once')]).toEqual([true, true]);
    expect([isUniqueViolation(error, 'another'), isUniqueViolation(new Error('no'))]).toEqual([false, false]);
    expect(await pidOf(database)).toBe(before);
  });

  it('says that the database is away when nothing listens', async () => {
    const url = new URL(server.url);
    url.port = String(await closedPort());
    const database = open({ url: url.href });
    await expect(database.ping()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', status: 503 });
  });

  it('stops a statement that takes too long', async () => {
    const database = open({ statementTimeoutMs: 200, poolSize: 1 });
    const before = await pidOf(database);
    await expect(database.query('SELECT pg_sleep(20)')).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(await pidOf(database)).toBe(before);
  });

  it('bounds a whole transaction, not only each statement', async () => {
    const database = open({ statementTimeoutMs: 300, queueTimeoutMs: 200 });
    let statements = 0;
    const slow = database.transaction(async (tx) => {
      for (; statements < 20; statements++) await tx.query('SELECT pg_sleep(0.1)');
    });
    await expect(slow).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(statements).toBeLessThan(5);
  });

  it('says overloaded when every connection stays taken, and loses none of them', async () => {
    const database = open({ poolSize: 2, queueTimeoutMs: 500 });
    const gate = Promise.withResolvers<void>();
    const holders = [1, 2].map(() =>
      database.transaction(async (tx) => {
        await tx.query('SELECT 1');
        await gate.promise;
      }),
    );
    const waiting = await Promise.allSettled(Array.from({ length: 20 }, () => database.ping()));
    expect(new Set(waiting.map((w) => (w.status === 'rejected' ? w.reason.code : 'answered')))).toEqual(
      new Set(['OVERLOADED']),
    );
    gate.resolve();
    await Promise.all(holders);
    await expect
      .poll(() => Promise.all(Array.from({ length: 20 }, () => isUp(database))))
      .toEqual(Array(20).fill(true));
  });

  it('survives connections that are killed while idle and between two statements', async () => {
    const database = open({ poolSize: 1 });
    const killer = open();
    await killer.query('SELECT pg_terminate_backend($1)', [await pidOf(database)]);
    await expect.poll(() => isUp(database)).toBe(true);
    const killed = database.transaction(async (tx) => {
      await killer.query('SELECT pg_terminate_backend($1, 1000)', [await pidOf(tx)]);
      await tx.query('SELECT 1');
    });
    await expect(killed).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect.poll(() => isUp(database)).toBe(true);
  });

  it('notices a server that hangs, and works again when it does', async () => {
    const proxy = await startTestProxy(server.url);
    const database = open({ url: proxy.url, statementTimeoutMs: 300, queueTimeoutMs: 200, poolSize: 2 });
    await expect.poll(() => isUp(database)).toBe(true);
    proxy.freeze();
    await expect(database.ping()).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    await expect(database.ping()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    proxy.thaw();
    await expect.poll(() => isUp(database)).toBe(true);
    await database.close();
    await proxy.close();
  });
});
