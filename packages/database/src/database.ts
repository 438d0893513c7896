import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Log } from '@plinth/contracts';
import pg from 'pg';
import { COLUMN_TYPES } from './column-types.ts';
import { queryRunner, type RunQuery, withinQueueTime } from './connection.ts';
import { isSerializationFailure } from './faults.ts';

// A service's own Postgres. Whatever is wrong with it (gone, hung, slow, all connections taken), a caller hears of it
// within `statementTimeoutMs` and half of `queueTimeoutMs`, as an AppError that says which.

export interface Queryable {
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

export interface TransactionOptions {
  /** Run the work again when another transaction was in the way. It must then have no effect outside the database. */
  retry?: boolean;
}

export interface Database extends Queryable {
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Answers when the database does. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  poolSize?: number;
  statementTimeoutMs?: number;
  queueTimeoutMs?: number;
  applicationName?: string;
  log: Log;
}

const CONNECT_TIMEOUT_MS = 2_500;
const CLOSE_TIMEOUT_MS = 5_000;
const ATTEMPTS = 3;

export function createDatabase(options: DatabaseOptions): Database {
  const { url, poolSize = 10, statementTimeoutMs = 4_000, queueTimeoutMs = 1_000, log } = options;
  const patienceMs = statementTimeoutMs + queueTimeoutMs / 2;
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: Math.max(CONNECT_TIMEOUT_MS, queueTimeoutMs),
    statement_timeout: statementTimeoutMs,
    // A process that froze in the middle of a transaction must not hold its locks.
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    options: '-c timezone=UTC -c datestyle=ISO',
    keepAlive: true,
    types: COLUMN_TYPES,
  });
  pool.on('error', (err) => log.warn({ err }, 'an idle database connection broke'));
  // A connection in use that breaks between two queries emits this too, and unheard it would end the process.
  pool.on('connect', (client) =>
    client.on('error', (err) => log.debug({ err }, 'a database connection broke')),
  );

  async function acquire(): Promise<pg.PoolClient> {
    const connecting = pool.connect();
    const queued = pool.totalCount >= poolSize && pool.waitingCount > pool.idleCount;
    try {
      return await (queued ? withinQueueTime(connecting, queueTimeoutMs) : connecting);
    } catch (error) {
      throw error instanceof AppError ? error : new AppError('DATABASE_UNAVAILABLE', { cause: error });
    }
  }

  async function withConnection<T>(deadline: number, work: (run: RunQuery) => Promise<T>): Promise<T> {
    const client = await acquire();
    const connection = { broken: false };
    try {
      return await work(queryRunner(client, deadline, connection));
    } finally {
      client.release(connection.broken);
    }
  }

  async function attempt<T>(deadline: number, work: (tx: Queryable) => Promise<T>): Promise<T> {
    return withConnection(deadline, async (run) => {
      let open = true;
      await run('BEGIN');
      try {
        const result = await work({
          async query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) {
            if (!open) throw new Error('the transaction is over');
            return (await run<Row>(text, values)).rows;
          },
        });
        open = false;
        const { command } = await run('COMMIT');
        if (command !== 'COMMIT')
          throw new Error('a failed statement was swallowed, so nothing was committed');
        return result;
      } catch (error) {
        open = false;
        // When this fails the connection is broken and thrown away, and the server rolls back by itself.
        await run('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  async function query<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<Row[]> {
    return withConnection(Date.now() + patienceMs, async (run) => (await run<Row>(text, values)).rows);
  }

  return {
    query,
    async transaction(work, { retry = false } = {}) {
      const deadline = Date.now() + patienceMs;
      for (let tries = 1; ; tries++) {
        try {
          return await attempt(deadline, work);
        } catch (error) {
          if (!retry || tries === ATTEMPTS || !isSerializationFailure(error)) throw error;
          await sleep(Math.random() * 20 * tries);
        }
      }
    },
    async ping() {
      await query('SELECT 1');
    },
    async close() {
      if (pool.ending) return;
      // A hung server never confirms the goodbye.
      await Promise.race([pool.end(), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    },
  };
}
