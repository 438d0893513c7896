import type { AuditEntry, Call, Log, PlatformEvent, RevocationSubject } from '@plinth/contracts';
import type { Database, Queryable } from './database.ts';
import { claimOf, findStored, lock, store } from './idempotency.ts';
import { auditMessage, eventMessage, putInOutbox, revocationMessage } from './outbox.ts';
import type { Relay } from './relay.ts';

/** What a change did: its result (plain JSON, for it may be replayed) and what is told of it. */
export interface Effect<T> {
  result: T;
  audit: AuditEntry;
  event?: PlatformEvent;
  /** What it takes away: it is refused by the first request after the answer. */
  revokes?: readonly RevocationSubject[];
}

/**
 * The one way to change something: effect, idempotency record, audit entry and event in one transaction, so a crash at
 * any instant leaves all of them or none. The effect does nothing outside the database; it may run more than once.
 */
export type Mutate = <T>(call: Call, effect: (tx: Queryable) => Promise<Effect<T>>) => Promise<T>;

export function createMutate(
  database: Database,
  { log, revocations, now = () => new Date() }: { log: Log; revocations?: Relay; now?: () => Date },
): Mutate {
  async function run<T>(
    tx: Queryable,
    call: Call,
    effect: (tx: Queryable) => Promise<Effect<T>>,
  ): Promise<{ result: T; revokes: readonly RevocationSubject[] }> {
    const { result, audit, event, revokes = [] } = await effect(tx);
    if (revokes.length > 0 && !revocations)
      throw new Error(`${call.operation} revokes, and nobody sends that`);
    const at = now();
    await putInOutbox(tx, [
      auditMessage(call, audit, at),
      ...(event ? [eventMessage(call, event, at)] : []),
      ...(revokes.length > 0 ? [revocationMessage(call, revokes, at)] : []),
    ]);
    return { result, revokes };
  }

  return async (call, effect) => {
    const { result, revokes } = await database.transaction(
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
          return { result: stored.result, revokes: [] };
        }
        const done = await run(tx, call, effect);
        return { ...done, result: await store(tx, claim, done.result, now()) };
      },
      { retry: true },
    );
    if (revokes.length > 0) call.revoked = revokes;
    // A replay may be the first answer to be heard: what its original revoked must have arrived all the same.
    if (revokes.length > 0 || call.replayed) await revocations?.settle(call.caller.organizationId);
    return result;
  };
}
