import type { RateLimit } from '@plinth/contracts';
import { type Decision, decide } from './decision.ts';
import { debtAt, EPOCH_SECONDS, priceOf } from './gcra.ts';

const MAX_KEYS = 100_000;

export interface LocalLimits {
  take(limits: readonly RateLimit[], cost: number): Omit<Decision, 'degraded'>;
}

/** Limits in this process' memory. When it is full the longest unused key goes, whose debt is the likeliest to be paid. */
export function createLocalLimits(now: () => number, maxKeys = MAX_KEYS): LocalLimits {
  const paidOffAt = new Map<string, number>();

  function put(key: string, instant: number): void {
    paidOffAt.delete(key);
    const oldest = paidOffAt.keys().next();
    if (paidOffAt.size >= maxKeys && !oldest.done) paidOffAt.delete(oldest.value);
    paidOffAt.set(key, instant);
  }

  return {
    take(limits, cost) {
      const micros = (now() - EPOCH_SECONDS * 1_000) * 1_000;
      const keys = limits.map(({ policy, key }) => `${policy}:${key}`);
      const debts = limits.map((limit, i) => debtAt(limit, paidOffAt.get(keys[i] ?? ''), micros));
      const decision = decide(limits, debts, cost);
      if (decision.allowed) {
        for (const [i, limit] of limits.entries()) {
          put(keys[i] ?? '', micros + (debts[i] ?? 0) + priceOf(limit, cost));
        }
      }
      return decision;
    },
  };
}
