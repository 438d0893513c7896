import { AppError, type Call, NEWEST_VERSION } from '@plinth/contracts';
import { createTestDatabase } from '@plinth/testing';
import { createDatabase, type Queryable } from '../database.ts';
import { KIT_MIGRATIONS, migrate } from '../migrate.ts';
import type { Effect } from '../mutate.ts';
import { silentLog } from '../test-log.ts';

// A database with one table of things, and calls that make them.

/** In place of what derives from a master key. */
export const KEYS = [Buffer.alloc(32, 7)];

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

export function callOf(
  changes: Partial<Call> & { body?: string; user?: string; organization?: string } = {},
): Call {
  const { body = 'body', user = 'usr_1', organization = 'org_1', ...rest } = changes;
  return {
    caller: {
      kind: 'member',
      id: user,
      email: 'a@example.com',
      organizationId: organization,
      permissions: [],
      capabilities: [],
      suspended: false,
    },
    operation: 'thing.create',
    correlationId: 'corr-0001',
    apiVersion: NEWEST_VERSION,
    traceparent: undefined,
    clientAddress: '127.0.0.1',
    userAgent: 'test',
    idempotencyKey: undefined,
    fingerprint: () => body,
    replay: undefined,
    ...rest,
  };
}

export const thingMade = (name: string): Effect<{ zeta: string; alpha: number }> => ({
  result: { zeta: name, alpha: 1 },
  audit: { target: { kind: 'thing', id: name }, changes: { name } },
  event: { type: 'thing.created', subject: { kind: 'thing', id: name }, data: { name } },
});

export async function makeThing(tx: Queryable, name: string) {
  await tx.query('INSERT INTO thing (name) VALUES ($1)', [name]);
  return thingMade(name);
}

export const outcomeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
