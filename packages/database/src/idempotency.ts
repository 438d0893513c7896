import { createHash } from 'node:crypto';
import { AppError, type Call } from '@plinth/contracts';
import type { Queryable } from './database.ts';

// A mutation with an idempotency key takes effect once in 24 hours, per caller, organization and operation. While it runs
// it holds an advisory lock (a twin is told at once, and waits on nothing); what it did is recorded in its transaction.

const LIFETIME_MS = 24 * 3_600_000;

/** The key itself is never stored: it may say something about the caller's business. */
export interface IdempotencyClaim {
  principal: string;
  operation: string;
  keyHash: Buffer;
  fingerprint: string;
}

export function claimOf(call: Call, key: string): IdempotencyClaim {
  const { caller, operation } = call;
  // Who belongs to two organizations may do the same in both.
  const organizationId = call.isAnywhere ? undefined : caller.organizationId;
  const principal = `${organizationId ?? ''}/${caller.kind}:${caller.id}`;
  const keyHash = createHash('sha256')
    .update(JSON.stringify([principal, operation, key]))
    .digest();
  return { principal, operation, keyHash, fingerprint: call.fingerprint() };
}

/** Keeps twins out until the transaction ends. */
export async function lock(tx: Queryable, claim: IdempotencyClaim): Promise<void> {
  const [row] = await tx.query<{ held: boolean }>('SELECT pg_try_advisory_xact_lock($1::bigint) AS held', [
    claim.keyHash.readBigInt64BE().toString(),
  ]);
  if (!row?.held) throw new AppError('IDEMPOTENCY_IN_PROGRESS', { retryAfter: 1 });
}

/** Asked under the lock, in a statement of its own: one that took the lock would still see the time before it. */
export async function findStored<T>(
  tx: Queryable,
  claim: IdempotencyClaim,
  at: Date,
): Promise<{ result: T } | undefined> {
  const [record] = await tx.query<{ fingerprint: string; stored: string }>(
    `SELECT fingerprint, result::text AS stored FROM idempotency_record
     WHERE principal = $1 AND operation = $2 AND key_hash = $3 AND expires_at > $4`,
    [claim.principal, claim.operation, claim.keyHash, at.toISOString()],
  );
  if (!record) return undefined;
  if (record.fingerprint !== claim.fingerprint) throw new AppError('IDEMPOTENCY_KEY_REUSED');
  return JSON.parse(record.stored);
}

/** Returns what a replay will return, so that the first answer and the repeated one cannot differ. */
export async function store<T>(tx: Queryable, claim: IdempotencyClaim, result: T, at: Date): Promise<T> {
  // Wrapped, so that an undefined result comes back undefined.
  const stored = JSON.stringify({ result });
  await tx.query(
    `INSERT INTO idempotency_record (principal, operation, key_hash, fingerprint, result, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5::json, $6, $7)
     ON CONFLICT (principal, operation, key_hash) DO UPDATE
     SET fingerprint = excluded.fingerprint, result = excluded.result,
         created_at = excluded.created_at, expires_at = excluded.expires_at`,
    [
      claim.principal,
      claim.operation,
      claim.keyHash,
      claim.fingerprint,
      stored,
      at.toISOString(),
      new Date(at.getTime() + LIFETIME_MS).toISOString(),
    ],
  );
  return JSON.parse(stored).result;
}
