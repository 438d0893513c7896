import type { Log } from '@plinth/contracts';
import type { Database, Queryable } from './database.ts';

// Expired idempotency records and delivered messages go in small batches: none locks much or runs long, and replicas
// that sweep at the same time pass over each other's rows.

const BATCH = 1_000;
const INTERVAL_MS = 10 * 60_000;
const KEEP_DELIVERED_MS = 24 * 3_600_000;

const EXPIRED_RECORDS = `
  WITH doomed AS (
    SELECT principal, operation, key_hash FROM idempotency_record
    WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM idempotency_record AS record USING doomed
    WHERE (record.principal, record.operation, record.key_hash) = (doomed.principal, doomed.operation, doomed.key_hash)
    RETURNING 1
  )
  SELECT count(*) AS count FROM gone`;

/** A claim that nobody came back for in a day: whether its effect happened, only its system knows. */
const ABANDONED_CLAIMS = `
  SELECT count(*) AS count FROM idempotency_record WHERE expires_at <= $1 AND result IS NULL`;

const PAST_SECRETS = `
  WITH past AS (
    SELECT principal, operation, key_hash FROM idempotency_record
    WHERE sealed IS NOT NULL AND sealed_until <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
  ), gone AS (
    UPDATE idempotency_record AS record SET sealed = NULL FROM past
    WHERE (record.principal, record.operation, record.key_hash) = (past.principal, past.operation, past.key_hash)
    RETURNING 1
  )
  SELECT count(*) AS count FROM gone`;

const DELIVERED_MESSAGES = `
  WITH doomed AS (
    SELECT id FROM outbox WHERE delivered_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM outbox AS message USING doomed WHERE message.id = doomed.id RETURNING 1
  )
  SELECT count(*) AS count FROM gone`;

/** Told, and then swept with the rest. */
export async function countAbandoned(database: Queryable, now = new Date()): Promise<number> {
  const [row] = await database.query<{ count: number }>(ABANDONED_CLAIMS, [now.toISOString()]);
  return row?.count ?? 0;
}

/** How many went. */
export const sweepIdempotency = (database: Queryable, now = new Date()): Promise<number> =>
  sweep(database, EXPIRED_RECORDS, now);

/** Secrets that no replay may show any more. */
export const sweepSecrets = (database: Queryable, now = new Date()): Promise<number> =>
  sweep(database, PAST_SECRETS, now);

export const sweepOutbox = (database: Queryable, now = new Date()): Promise<number> =>
  sweep(database, DELIVERED_MESSAGES, new Date(now.getTime() - KEEP_DELIVERED_MS));

async function sweep(database: Queryable, sql: string, until: Date): Promise<number> {
  let total = 0;
  for (;;) {
    const [row] = await database.query<{ count: number }>(sql, [until.toISOString(), BATCH]);
    const count = row?.count ?? 0;
    total += count;
    if (count < BATCH) return total;
  }
}

export function startSweeper(
  database: Database,
  {
    log,
    intervalMs = INTERVAL_MS,
    sweepOwn = async () => 0,
  }: {
    log: Log;
    intervalMs?: number /** Of the service's own tables; says how many went. */;
    sweepOwn?: () => Promise<number>;
  },
): { stop(): void } {
  async function run(): Promise<void> {
    try {
      await sweepSecrets(database);
      const abandoned = await countAbandoned(database);
      if (abandoned > 0)
        log.warn({ abandoned }, 'effects outside the database were begun, and nobody asked again');
      const records = await sweepIdempotency(database);
      const messages = await sweepOutbox(database);
      const own = await sweepOwn();
      if (records + messages + own > 0) log.debug({ records, messages, own }, 'swept');
    } catch (err) {
      log.warn({ err }, 'sweeping failed; the next round tries again');
    }
  }

  const timer = setInterval(run, intervalMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
