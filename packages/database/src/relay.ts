import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@plinth/contracts';
import type { Database } from './database.ts';
import type { OutboxKind } from './outbox.ts';

// Sends what the outbox holds of one kind: always the rows that are not delivered, oldest first, never from a watermark
// on, for ids precede commits. Of all replicas one at a time sends for an organization, so delivery keeps its order there.

export interface RelayOptions {
  kind: OutboxKind;
  /** Takes all of these payloads or throws; what comes twice (it may) has the same id. */
  deliver(payloads: readonly unknown[]): Promise<unknown>;
  log: Log;
  /** How often to look for what is left: of a crash, of another replica, of a receiver that was away. */
  intervalMs?: number;
}

export interface Relay {
  /** Sends what an organization has at once. Comes back when all of it has arrived, when that failed, or after `withinMs`. */
  settle(organizationId: string | undefined, withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const BATCH = 100;
const INTERVAL_MS = 1_000;
const SETTLE_MS = 1_000;
const BUSY_MS = 25;
/** Each holds a connection for as long as the receiver takes: one that hangs must leave the others to requests. */
const AT_ONCE = 3;

export function startRelay(database: Database, options: RelayOptions): Relay {
  const { kind, deliver, log, intervalMs = INTERVAL_MS } = options;
  /** By organization: the round that runs, and the one that waits for it and will see all that is committed by now. */
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();
  const turns: (() => void)[] = [];
  let sending = 0;
  let isFailing = false;
  let isStopped = false;

  async function inTurn(work: () => Promise<void>): Promise<void> {
    if (sending < AT_ONCE) sending += 1;
    else await new Promise<void>((resolve) => turns.push(resolve));
    await work();
    const next = turns.shift();
    if (next) next();
    else sending -= 1;
  }

  async function sendBatch(organization: string): Promise<'nothing' | 'sent' | 'busy'> {
    return database.transaction(async (tx) => {
      const [lock] = await tx.query<{ held: boolean }>(
        `SELECT pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', current_schema(), 'relay', $1::text, $2::text), 0)) AS held`,
        [kind, organization],
      );
      if (!lock?.held) return 'busy';
      const rows = await tx.query<{ id: string; payload: unknown }>(
        `SELECT id, payload FROM outbox
         WHERE kind = $1 AND coalesce(organization_id, '') = $2 AND delivered_at IS NULL ORDER BY id LIMIT $3`,
        [kind, organization, BATCH],
      );
      if (rows.length === 0) return 'nothing';
      await deliver(rows.map(({ payload }) => payload));
      await tx.query('UPDATE outbox SET delivered_at = now() WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
      return 'sent';
    });
  }

  async function sendAll(organization: string): Promise<void> {
    try {
      for (;;) {
        const outcome = await sendBatch(organization);
        if (outcome === 'sent' && isFailing) log.info({ kind }, 'messages arrive again');
        if (outcome === 'sent') isFailing = false;
        if (outcome === 'nothing' || isStopped) return;
        if (outcome === 'busy') await sleep(BUSY_MS);
      }
    } catch (err) {
      if (!isFailing) log.warn({ err, kind }, 'messages do not arrive; they are kept and sent again');
      isFailing = true;
    }
  }

  /** What was committed before this is called is sent when it comes back, unless it cannot be. */
  function round(organization: string): Promise<void> {
    const queued = waiting.get(organization);
    if (queued) return queued;
    const next = Promise.resolve(running.get(organization)).then(async () => {
      waiting.delete(organization);
      running.set(organization, next);
      await inTurn(() => sendAll(organization));
      if (running.get(organization) === next) running.delete(organization);
    });
    waiting.set(organization, next);
    return next;
  }

  async function sendLeftOver(): Promise<void> {
    try {
      const left = await database.query<{ organization: string }>(
        `SELECT DISTINCT coalesce(organization_id, '') AS organization FROM outbox
         WHERE kind = $1 AND delivered_at IS NULL`,
        [kind],
      );
      for (const { organization } of left) await round(organization);
    } catch (err) {
      log.debug({ err, kind }, 'the outbox cannot be read; the next round tries again');
    }
  }

  let looking = sendLeftOver();
  const timer = setInterval(() => {
    looking = looking.then(sendLeftOver);
  }, intervalMs);
  timer.unref();

  return {
    async settle(organizationId, withinMs = SETTLE_MS) {
      const late = new AbortController();
      await Promise.race([
        round(organizationId ?? ''),
        sleep(withinMs, undefined, { signal: late.signal }).catch(() => undefined),
      ]);
      late.abort();
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await Promise.all([looking, ...running.values(), ...waiting.values()]);
    },
  };
}
