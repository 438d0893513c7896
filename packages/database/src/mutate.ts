import {
  AppError,
  type AuditEntry,
  type Call,
  type Log,
  type PlatformEvent,
  type RevocationSubject,
  type Shown,
} from '@plinth/contracts';
import type { Database, Queryable } from './database.ts';
import { createRecords } from './idempotency.ts';
import { createKeyQuota } from './key-quota.ts';
import { auditMessage, eventMessage, putInOutbox, revocationMessage } from './outbox.ts';
import { createPatience } from './patience.ts';
import type { Relay } from './relay.ts';
import { checkHolder, createTwins, lock, requestKeyOf } from './request-key.ts';
import { createRevoking } from './revoking.ts';
import { type Reread, show, tell } from './stored-answer.ts';

/** What a change did, and what is told of it. */
export interface Effect<T> {
  /** Plain JSON, for it may be replayed; a field may be a `Secret`, which is sealed in the record and null after a while. */
  result: T;
  audit: AuditEntry;
  event?: PlatformEvent;
  /** What it takes away: it is refused by the first request after the answer. */
  revokes?: readonly RevocationSubject[];
  /** It asked for no change: nobody is told of any. */
  isUnchanged?: boolean;
}

export interface MutateOptions {
  log: Log;
  /** Of the master key, the newest first: what is stored of idempotency keys, and secrets in answers, depend on them. */
  keys: readonly Buffer[];
  /** How many idempotency keys an organization may have alive. */
  liveKeys?: number;
  /** Sends what effects revoke; without one none may. */
  revocations?: Relay;
  now?: () => Date;
}

/**
 * The one way to change something: effect, idempotency record, audit entry and event in one transaction, so a crash at
 * any instant leaves all of them or none. The effect does nothing outside the database; it may run more than once.
 * An answer may be larger than 1 MiB only where `reread` can read it again.
 */
export type Mutate = <T>(
  call: Call,
  effect: (tx: Queryable) => Promise<Effect<T>>,
  reread?: Reread<T>,
) => Promise<Shown<T>>;

export const LIVE_KEYS = 100_000;

export function createMutate(database: Database, options: MutateOptions): Mutate {
  const { log, keys, liveKeys = LIVE_KEYS, revocations, now = () => new Date() } = options;
  const records = createRecords(keys, now);
  const admit = createKeyQuota(liveKeys);
  const patiently = createPatience();
  const alone = createTwins();

  return async <T>(
    call: Call,
    effect: (tx: Queryable) => Promise<Effect<T>>,
    reread?: Reread<T>,
  ): Promise<Shown<T>> => {
    const revoking = createRevoking(call, revocations);

    async function take(tx: Queryable): Promise<Effect<T>> {
      const taken = await effect(tx);
      revoking.note(taken);
      await putInOutbox(tx, messagesOf(call, taken, now()));
      return taken;
    }

    if (call.idempotencyKey === undefined) {
      const answer = await database.transaction(async (tx) => show<T>(tell(await take(tx))), { retry: true });
      return revoking.settled(answer);
    }
    const key = requestKeyOf(call, call.idempotencyKey, keys);

    async function once(): Promise<Shown<T>> {
      let isLookedUp = false;
      const work = async (tx: Queryable) => {
        const holder = await lock(tx, key);
        const record = await records.find(tx, key);
        if (record?.kept) {
          logReplay(log, call);
          return records.replay(tx, key, call, record, reread);
        }
        checkHolder(holder);
        await admit(tx, key, now());
        isLookedUp = true;
        return records.complete(tx, key, call, { effect: await take(tx), reread });
      };
      try {
        return await database.transaction(work, { retry: true });
      } catch (error) {
        throw isLookedUp ? error : lookupFault(error);
      }
    }
    return revoking.settled(await patiently(call, () => alone(key, once)));
  };
}

export function messagesOf(
  call: Call,
  { audit, event, revokes = [], isUnchanged }: Effect<unknown>,
  at: Date,
) {
  if (isUnchanged) return [];
  return [
    auditMessage(call, audit, at),
    ...(event ? [eventMessage(call, event, at)] : []),
    ...(revokes.length > 0 ? [revocationMessage(call, revokes, at)] : []),
  ];
}

export const logReplay = (log: Log, { operation, correlationId }: Call): void =>
  log.debug({ operation, correlationId }, 'answered from the record');

const AWAY: ReadonlySet<string> = new Set(['DATABASE_UNAVAILABLE', 'UPSTREAM_TIMEOUT']);

/** What the client asked to protect is not done unprotected, and it is told that nothing was done. */
export function lookupFault(error: unknown): unknown {
  if (!(error instanceof AppError) || !AWAY.has(error.code)) return error;
  return new AppError('IDEMPOTENCY_UNAVAILABLE', { cause: error });
}
