import type { RateLimit, RateState } from '@plinth/contracts';
import { fits, priceOf, remainingAfter, secondsUntilFits, secondsUntilMore } from './gcra.ts';

export interface Decision {
  allowed: boolean;
  /** Their `resetSeconds` are those until more is available; for a violated policy, until this call would fit. */
  policies: RateState[];
  /** The names of the policies that refuse. */
  violated: string[];
  /** Seconds; 0 when allowed. */
  retryAfter: number;
  /** A local limit stood in for the shared one. */
  degraded: boolean;
}

/** Whether a call goes through, and what each policy says of it: all must allow, and a refused call costs nothing. */
export function decide(
  limits: readonly RateLimit[],
  debts: readonly number[],
  cost: number,
  degraded = false,
): Decision {
  const allowed = limits.every((limit, i) => fits(limit, debts[i] ?? 0, cost));
  const decision: Decision = { allowed, policies: [], violated: [], retryAfter: 0, degraded };
  limits.forEach((limit, i) => {
    const { policy, quota, windowSeconds } = limit;
    const debt = debts[i] ?? 0;
    const violates = !allowed && !fits(limit, debt, cost);
    const debtNow = allowed ? debt + priceOf(limit, cost) : debt;
    const resetSeconds = violates
      ? Math.max(1, secondsUntilFits(limit, debt, cost))
      : secondsUntilMore(limit, debtNow);
    const remaining = remainingAfter(limit, debtNow);
    decision.policies.push({ policy, quota, windowSeconds, remaining, resetSeconds });
    if (!violates) return;
    decision.violated.push(policy);
    decision.retryAfter = Math.max(decision.retryAfter, resetSeconds);
  });
  return decision;
}
