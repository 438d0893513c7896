import { AppError } from '@plinth/contracts';
import type { Queryable } from './database.ts';
import type { RequestKey } from './request-key.ts';

// How many keys an organization may have alive. Nobody needs the exact number, so it is counted once a minute at most, and
// in between each process adds its own: replicas together may let a few more pass.

const RECOUNT_MS = 60_000;
const MAX_OWNERS = 10_000;

export type KeyQuota = (tx: Queryable, key: RequestKey, at: Date) => Promise<void>;

/** Principals begin with `org_…/`, and `0` follows `/`. Who has no organization is counted alone: a space is before any letter. */
function rangeOf(principal: string): [from: string, below: string] {
  const organization = principal.slice(0, principal.indexOf('/'));
  return organization === '' ? [principal, `${principal} `] : [`${organization}/`, `${organization}0`];
}

/** Asked before a new key is recorded. */
export function createKeyQuota(limit: number): KeyQuota {
  const counts = new Map<string, { count: number; countedAt: number }>();

  async function count(tx: Queryable, range: [from: string, below: string]): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(*) AS count FROM (
         SELECT FROM idempotency_record WHERE principal >= $1 AND principal < $2 LIMIT $3
       ) AS live`,
      [...range, limit],
    );
    return row?.count ?? 0;
  }

  return async (tx, { principal }, at) => {
    const range = rangeOf(principal);
    const [owner] = range;
    let known = counts.get(owner);
    if (!known || at.getTime() - known.countedAt >= RECOUNT_MS) {
      known = { count: await count(tx, range), countedAt: at.getTime() };
      counts.delete(owner);
      counts.set(owner, known);
      const [oldest] = counts.keys();
      if (counts.size > MAX_OWNERS && oldest !== undefined) counts.delete(oldest);
    }
    if (known.count >= limit) {
      throw new AppError('RATE_LIMITED', {
        message: `The organization has ${limit} idempotency keys of the last 24 hours`,
        details: { policy: 'idempotency-keys', limit },
        retryAfter: RECOUNT_MS / 1_000,
      });
    }
    known.count += 1;
  };
}
