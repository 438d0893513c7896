import type { RateLimit } from '@plinth/contracts';
import { type Decision, decide } from './decision.ts';
import { createRecent } from '../recent.ts';
import { debtAt, EPOCH_SECONDS, priceOf } from './gcra.ts';

const MAX_KEYS = 100_000;

export interface LocalLimits {
  take(limits: readonly RateLimit[], cost: number, degraded?: boolean): Decision;
}

/** Limits in this process' memory. When it is full the longest unused keys go, whose debt is the likeliest to be paid. */
export function createLocalLimits(now: () => number, maxKeys = MAX_KEYS): LocalLimits {
  const paidOffAt = createRecent<number>(maxKeys);

  return {
    take(limits, cost, degraded = false) {
      const micros = (now() - EPOCH_SECONDS * 1_000) * 1_000;
      const keys = limits.map(({ policy, key }) => `${policy}:${key}`);
      const debts = limits.map((limit, i) => debtAt(limit, paidOffAt.get(keys[i] ?? ''), micros));
      const decision = decide(limits, debts, cost, degraded);
      if (decision.allowed) {
        limits.forEach((limit, i) => {
          paidOffAt.set(keys[i] ?? '', micros + (debts[i] ?? 0) + priceOf(limit, cost));
        });
      }
      return decision;
    },
  };
}
