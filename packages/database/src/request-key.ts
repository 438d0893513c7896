import { createHash, createHmac } from 'node:crypto';
import { AppError, type Call } from '@plinth/contracts';
import type { Queryable } from './database.ts';

// A request with an idempotency key, as it is told apart from every other one. The key itself is never stored, and what is
// stored of it cannot be guessed back: it may say something about the caller's business.

export interface RequestKey {
  /** The caller in the organization. */
  principal: string;
  operation: string;
  /** Under each version of the master key, the newest first. */
  hashes: readonly Buffer[];
  /** Of the request. */
  fingerprints: readonly string[];
  /** Of the key with this very request, and of the key. */
  locks: { request: string; key: string };
  /** As the caller sent it. Opens the secrets of its answer, and is kept nowhere. */
  raw: string;
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Advisory locks go by number, in memory only: the same in processes whose master keys are of different versions. */
const lockNumberOf = (text: string): string =>
  createHash('sha256').update(text).digest().readBigInt64BE().toString();

export type KeyedCall = Pick<Call, 'caller' | 'operation' | 'isAnywhere' | 'content'>;

export function requestKeyOf(call: KeyedCall, raw: string, keys: readonly Buffer[]): RequestKey {
  const { caller, operation } = call;
  // Who belongs to two organizations may do the same in both.
  const organizationId = call.isAnywhere ? undefined : caller.organizationId;
  const principal = `${organizationId ?? ''}/${caller.kind}:${caller.id}`;
  const text = JSON.stringify([principal, operation, raw]);
  const content = call.content();
  const hashes = keys.map((key) => hmac(key, text));
  const fingerprints = keys.map((key) => hmac(key, content).toString('base64url'));
  const locks = { request: lockNumberOf(`${text}\n${content}`), key: lockNumberOf(text) };
  return { principal, operation, hashes, fingerprints, locks, raw };
}

/** Twins in this very process are told before they take a connection. */
export function createTwins() {
  const running = new Set<string>();

  return async function alone<T>({ locks: { request } }: RequestKey, work: () => Promise<T>): Promise<T> {
    if (running.has(request)) throw inProgress();
    running.add(request);
    try {
      return await work();
    } finally {
      running.delete(request);
    }
  };
}

/** Who has the key: this call, until its transaction ends; the same request; or another one that looks it up or runs. */
type Holder = 'own' | 'twin' | 'other';

/** Waits on nothing: many with one key would drain the pool. */
export async function lock(tx: Queryable, { locks }: RequestKey): Promise<Holder> {
  const [row] = await tx.query<{ holder: Holder }>(
    `SELECT CASE WHEN NOT pg_try_advisory_xact_lock($1::bigint) THEN 'twin'
                 WHEN NOT pg_try_advisory_xact_lock($2::bigint) THEN 'other'
                 ELSE 'own' END AS holder`,
    [locks.request, locks.key],
  );
  return row?.holder ?? 'twin';
}

/** Where nothing is recorded yet: who does not hold the key may not go on. */
export function checkHolder(holder: Holder): void {
  if (holder === 'twin') throw inProgress();
  if (holder === 'other') throw reused();
}

/** For whoever holds the claim: those in the way are only looking, and gone in a moment. */
export async function awaitLock(tx: Queryable, { locks }: RequestKey): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::bigint), pg_advisory_xact_lock($2::bigint)', [
    locks.request,
    locks.key,
  ]);
}

export const inProgress = (): AppError => new AppError('IDEMPOTENCY_IN_PROGRESS', { retryAfter: 1 });

export const reused = (): AppError => new AppError('IDEMPOTENCY_KEY_REUSED');
