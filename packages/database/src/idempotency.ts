import type { Call, Shown } from '@plinth/contracts';
import type { Queryable } from './database.ts';
import type { Effect } from './mutate.ts';
import { type RequestKey, reused } from './request-key.ts';
import { type Kept, keep, type Reread, recall, show, tell } from './stored-answer.ts';

// A mutation with an idempotency key takes effect once in 24 hours, per caller, organization and operation. Its record
// is read and written under the key's lock: as done, in the transaction of the effect, or first as a claim, where the effect is elsewhere.

const LIFETIME_MS = 24 * 3_600_000;

/** Who is at work on an effect outside the database, and until when nobody else may be. */
export interface Claim {
  /** Names the effect outside, through all attempts. */
  effectId: string;
  attempt: number;
  token: string;
  lockedUntil: Date;
}

interface Common {
  /** Of the version of the master key that it was written under. */
  hash: Buffer;
  /** The correlation id of the request that took effect. */
  requestId: string;
  expiresAt: Date;
}
export type Done = Common & { kept: Kept; claim?: never };
export type Claimed = Common & { claim: Claim; kept?: never };

interface Row {
  hash: Buffer;
  fingerprint: string;
  request_id: string | null;
  expires_at: string;
  stored: string | null;
  sealed: Buffer | null;
  sealed_until: string | null;
  effect_id: string;
  attempt: number;
  lock_token: string;
  locked_until: string;
}

function recordOf(row: Row): Done | Claimed {
  const common = {
    hash: row.hash,
    requestId: row.request_id ?? '',
    expiresAt: new Date(row.expires_at),
  };
  if (row.stored === null) {
    const { effect_id: effectId, attempt, lock_token: token, locked_until: until } = row;
    return { ...common, claim: { effectId, attempt, token, lockedUntil: new Date(until) } };
  }
  const sealedUntil = row.sealed_until === null ? undefined : new Date(row.sealed_until);
  return { ...common, kept: { text: row.stored, sealed: row.sealed, sealedUntil } };
}

const IS_CLAIM = 'principal = $1 AND operation = $2 AND key_hash = ANY ($3::bytea[]) AND lock_token = $4';

const claimValues = ({ principal, operation, hashes }: RequestKey, token: string) => [
  principal,
  operation,
  hashes,
  token,
];

export interface Records {
  /** Nothing when there is none, or it is over; an error when it is of another request. */
  find(tx: Queryable, key: RequestKey): Promise<Done | Claimed | undefined>;
  /** The record becomes this claim. */
  claim(tx: Queryable, key: RequestKey, call: Call, claim: Claim, hash?: Buffer): Promise<void>;
  /** Forgets the claim: the key is free. */
  release(database: Queryable, key: RequestKey, claim: Claim): Promise<void>;
  /** Keeps the claim for whoever comes next. */
  unlock(database: Queryable, key: RequestKey, claim: Claim): Promise<void>;
  /** The record becomes this effect's; what its caller is told. */
  complete<T>(tx: Queryable, key: RequestKey, call: Call, done: Completion<T>): Promise<Shown<T>>;
  /** What the caller was told the first time; the call says so. */
  replay<T>(
    tx: Queryable,
    key: RequestKey,
    call: Call,
    record: Done,
    reread: Reread<T> | undefined,
  ): Promise<Shown<T>>;
}

interface Completion<T> {
  effect: Effect<T>;
  reread: Reread<T> | undefined;
  hash?: Buffer;
}

export function createRecords(keys: readonly Buffer[], now: () => Date): Records {
  async function put(
    tx: Queryable,
    key: RequestKey,
    { correlationId }: Call,
    { hash = key.hashes[0], kept, claim }: { hash?: Buffer | undefined; kept?: Kept; claim?: Claim },
  ): Promise<void> {
    const at = now();
    await tx.query(
      `INSERT INTO idempotency_record (principal, operation, key_hash, fingerprint, request_id, created_at, expires_at,
         result, sealed, sealed_until, effect_id, attempt, lock_token, locked_until)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8::json, $9, $10, $11, $12, $13, $14)
       ON CONFLICT (principal, operation, key_hash) DO UPDATE
       SET fingerprint = excluded.fingerprint, request_id = excluded.request_id, created_at = excluded.created_at,
           expires_at = excluded.expires_at, result = excluded.result, sealed = excluded.sealed,
           sealed_until = excluded.sealed_until, effect_id = excluded.effect_id, attempt = excluded.attempt,
           lock_token = excluded.lock_token, locked_until = excluded.locked_until`,
      [
        key.principal,
        key.operation,
        hash,
        key.fingerprints[0],
        correlationId,
        at.toISOString(),
        new Date(at.getTime() + LIFETIME_MS).toISOString(),
        kept?.text,
        kept?.sealed,
        kept?.sealedUntil?.toISOString(),
        claim?.effectId,
        claim?.attempt,
        claim?.token,
        claim?.lockedUntil.toISOString(),
      ],
    );
  }

  return {
    // In a statement of its own: one that took the lock would still see the time before it.
    async find(tx, key) {
      const [row] = await tx.query<Row>(
        `SELECT key_hash AS hash, fingerprint, request_id, expires_at, result::text AS stored, sealed, sealed_until,
                effect_id, attempt, lock_token, locked_until
         FROM idempotency_record
         WHERE principal = $1 AND operation = $2 AND key_hash = ANY ($3::bytea[]) AND expires_at > $4`,
        [key.principal, key.operation, key.hashes, now().toISOString()],
      );
      if (!row) return undefined;
      if (!key.fingerprints.includes(row.fingerprint)) throw reused();
      return recordOf(row);
    },
    claim: (tx, key, call, claim, hash) => put(tx, key, call, { claim, hash }),
    async release(database, key, { token }) {
      await database.query(`DELETE FROM idempotency_record WHERE ${IS_CLAIM}`, claimValues(key, token));
    },
    async unlock(database, key, { token }) {
      await database.query(`UPDATE idempotency_record SET locked_until = $5 WHERE ${IS_CLAIM}`, [
        ...claimValues(key, token),
        now().toISOString(),
      ]);
    },
    async complete<T>(
      tx: Queryable,
      key: RequestKey,
      call: Call,
      { effect, reread, hash }: Completion<T>,
    ): Promise<Shown<T>> {
      const told = tell(effect);
      const { target } = effect.audit;
      const kept = keep(told, target, { key, keys, at: now(), canReread: reread !== undefined });
      await put(tx, key, call, { kept, hash });
      return show<T>(told);
    },
    async replay<T>(
      tx: Queryable,
      key: RequestKey,
      call: Call,
      { kept, requestId, expiresAt }: Done,
      reread: Reread<T> | undefined,
    ): Promise<Shown<T>> {
      const { answer, isCurrent, revokes } = await recall<T>(tx, kept, { key, keys, at: now(), reread });
      call.replay = { requestId, expiresAt, isCurrent };
      call.revoked = revokes;
      return answer;
    },
  };
}
