import { AppError } from '@plinth/contracts';
import { createTestDatabase } from '@plinth/testing';
import { createDatabase } from '../database.ts';
import { KIT_MIGRATIONS, migrate } from '../migrate.ts';
import { silentLog } from '../test-log.ts';

// A database with one table of things.

export async function createThings() {
  const server = await createTestDatabase({
    template: 'database_mutate',
    async migrate(url) {
      await migrate({ url, directories: [KIT_MIGRATIONS], log: silentLog });
      const owner = createDatabase({ url, log: silentLog });
      await owner.query('CREATE TABLE thing (name text, made_at timestamptz NOT NULL DEFAULT now())');
      await owner.close();
    },
  });
  const database = createDatabase({ url: server.url, log: silentLog, queueTimeoutMs: 5_000 });
  return {
    url: server.url,
    database,
    clear: () => database.query('TRUNCATE thing, outbox, idempotency_record'),
    async counts(): Promise<{ things: number; messages: number; records: number }> {
      const [row] = await database.query<{ things: number; messages: number; records: number }>(
        `SELECT (SELECT count(*) FROM thing) AS things, (SELECT count(*) FROM outbox) AS messages,
                (SELECT count(*) FROM idempotency_record) AS records`,
      );
      if (!row) throw new Error('no counts');
      return row;
    },
    async close() {
      await database.close();
      await server.drop();
    },
  };
}

export type Things = Awaited<ReturnType<typeof createThings>>;

export const outcomeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
