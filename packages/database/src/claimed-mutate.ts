import { randomUUID } from 'node:crypto';
import { AppError, type Call, newUlid, type Shown } from '@plinth/contracts';
import type { Database, Queryable } from './database.ts';
import { type Claim, createRecords } from './idempotency.ts';
import { createKeyQuota } from './key-quota.ts';
import { type Effect, LIVE_KEYS, logReplay, lookupFault, type MutateOptions, messagesOf } from './mutate.ts';
import { putInOutbox } from './outbox.ts';
import { createPatience } from './patience.ts';
import {
  awaitLock,
  checkHolder,
  createTwins,
  inProgress,
  lock,
  type RequestKey,
  requestKeyOf,
} from './request-key.ts';
import { createRevoking } from './revoking.ts';
import { type Reread, show, tell } from './stored-answer.ts';

const TIMEOUT_MS = 5_000;
const GRACE_MS = 5_000;

/** One go at an effect outside this database. */
export interface Attempt {
  /** The same at every attempt of one request, and never of another: what is made outside is made under it. */
  id: string;
  /** 1 for the first. */
  number: number;
  /** Aborted when its time is up: after a while somebody else may try. */
  signal: AbortSignal;
}

export interface OutsideEffect<T, Done> {
  /**
   * The effect. An earlier attempt may have come to any point of it, and may even be at it still: under its id it
   * finds or repeats what is there. An AppError below 500 says that nothing happened; after any other error the next request with the key tries again.
   */
  act(attempt: Attempt): Promise<Done>;
  /** What is recorded of it here, and told. It may run more than once, and refuses nothing: the effect is there. */
  complete(tx: Queryable, done: Done): Promise<Effect<T>>;
  /** For an answer that may be larger than 1 MiB. */
  reread?: Reread<T>;
  /** How long the route lets it take. */
  timeoutMs?: number;
}

/**
 * mutate() for an effect outside this database: the claim of its key is committed before it, and what came of it in one
 * transaction with audit entry and event after it. Whoever finds a claim whose time is over takes it over, and the slower
 * one's completion is void. A crash at any instant leaves a claim that the next request with its key finishes.
 */
export type ClaimedMutate = <T, Done>(call: Call, outside: OutsideEffect<T, Done>) => Promise<Shown<T>>;

export interface ClaimedMutateOptions extends MutateOptions {
  /** How long after its time a worker may still come back before another one takes over. */
  graceMs?: number;
}

export function createClaimedMutate(database: Database, options: ClaimedMutateOptions): ClaimedMutate {
  const {
    log,
    keys,
    liveKeys = LIVE_KEYS,
    graceMs = GRACE_MS,
    revocations,
    now = () => new Date(),
  } = options;
  const records = createRecords(keys, now);
  const admit = createKeyQuota(liveKeys);
  const patiently = createPatience();
  const alone = createTwins();

  return async <T, Done>(call: Call, outside: OutsideEffect<T, Done>): Promise<Shown<T>> => {
    const { act, complete, reread, timeoutMs = TIMEOUT_MS } = outside;
    const revoking = createRevoking(call, revocations);

    async function take(tx: Queryable, done: Done): Promise<Effect<T>> {
      const effect = await complete(tx, done);
      revoking.note(effect);
      await putInOutbox(tx, messagesOf(call, effect, now()));
      return effect;
    }

    async function withoutKey(): Promise<Shown<T>> {
      const done = await act({ id: newUlid(), number: 1, signal: AbortSignal.timeout(timeoutMs) });
      return database.transaction(async (tx) => show<T>(tell(await take(tx, done))), { retry: true });
    }

    /** The claim of this call, or the answer of an earlier one. */
    async function begin(key: RequestKey): Promise<{ claim: Claim } | { answer: Shown<T> }> {
      const work = async (tx: Queryable) => {
        const holder = await lock(tx, key);
        const record = await records.find(tx, key);
        if (record?.kept) return { answer: await records.replay(tx, key, call, record, reread) };
        if (!record) checkHolder(holder);
        const at = now();
        if (!record) await admit(tx, key, at);
        else if (holder !== 'own' || record.claim.lockedUntil > at) throw inProgress();
        const claim = {
          effectId: record?.claim.effectId ?? newUlid(at.getTime()),
          attempt: (record?.claim.attempt ?? 0) + 1,
          token: randomUUID(),
          lockedUntil: new Date(at.getTime() + timeoutMs + graceMs),
        };
        await records.claim(tx, key, call, claim, record?.hash);
        return { claim };
      };
      try {
        return await database.transaction(work, { retry: true });
      } catch (error) {
        throw lookupFault(error);
      }
    }

    const finish = (key: RequestKey, claim: Claim, done: Done): Promise<Shown<T>> =>
      database.transaction(
        async (tx) => {
          await awaitLock(tx, key);
          const record = await records.find(tx, key);
          if (record?.kept) return records.replay(tx, key, call, record, reread);
          if (record?.claim.token !== claim.token) throw inProgress();
          const effect = await take(tx, done);
          return records.complete(tx, key, call, { effect, reread, hash: record.hash });
        },
        { retry: true },
      );

    /** Without waiting for the claim's time to be over: nobody is at it any more. */
    async function letGo(key: RequestKey, claim: Claim, nothingHappened: boolean): Promise<void> {
      try {
        await (nothingHappened
          ? records.release(database, key, claim)
          : records.unlock(database, key, claim));
      } catch (err) {
        log.warn({ err, operation: call.operation }, 'a claim could not be let go of; its time will run out');
      }
    }

    async function once(key: RequestKey): Promise<Shown<T>> {
      const begun = await alone(key, () => begin(key));
      if ('answer' in begun) {
        logReplay(log, call);
        return begun.answer;
      }
      const { claim } = begun;
      const { effectId: id, attempt: number } = claim;
      let nothingHappened = false;
      try {
        const done = await act({ id, number, signal: AbortSignal.timeout(timeoutMs) }).catch((error) => {
          // An earlier attempt may have had its effect, whatever this one met.
          nothingHappened = number === 1 && error instanceof AppError && error.status < 500;
          throw error;
        });
        return await finish(key, claim, done);
      } catch (error) {
        await letGo(key, claim, nothingHappened);
        throw error;
      }
    }

    if (call.idempotencyKey === undefined) return revoking.settled(await withoutKey());
    const key = requestKeyOf(call, call.idempotencyKey, keys);
    return revoking.settled(await patiently(call, () => once(key)));
  };
}
