import type { AuditEntry, Call, Log, PlatformEvent } from '@plinth/contracts';
import type { Database, Queryable } from './database.ts';
import { claimOf, findStored, lock, store } from './idempotency.ts';
import { auditMessage, eventMessage, putInOutbox } from './outbox.ts';

/** What a change did: its result (plain JSON, for it may be replayed) and what is told of it. */
export interface Effect<T> {
  result: T;
  audit: AuditEntry;
  event?: PlatformEvent;
}

/**
 * The one way to change something: effect, idempotency record, audit entry and event in one transaction, so a crash at
 * any instant leaves all of them or none. The effect does nothing outside the database; it may run more than once.
 */
export type Mutate = <T>(call: Call, effect: (tx: Queryable) => Promise<Effect<T>>) => Promise<T>;

export function createMutate(
  database: Database,
  { log, now = () => new Date() }: { log: Log; now?: () => Date },
): Mutate {
  async function run<T>(
    tx: Queryable,
    call: Call,
    effect: (tx: Queryable) => Promise<Effect<T>>,
  ): Promise<T> {
    const { result, audit, event } = await effect(tx);
    const at = now();
    const messages = [auditMessage(call, audit, at), ...(event ? [eventMessage(call, event, at)] : [])];
    await putInOutbox(tx, messages);
    return result;
  }

  return (call, effect) =>
    database.transaction(
      async (tx) => {
        if (call.idempotencyKey === undefined) return run(tx, call, effect);
        const claim = claimOf(call, call.idempotencyKey);
        await lock(tx, claim);
        const stored = await findStored<Awaited<ReturnType<typeof effect>>['result']>(tx, claim, now());
        if (stored) {
          call.replayed = true;
          log.debug(
            { operation: call.operation, correlationId: call.correlationId },
            'answered from the record',
          );
          return stored.result;
        }
        return store(tx, claim, await run(tx, call, effect), now());
      },
      { retry: true },
    );
}
