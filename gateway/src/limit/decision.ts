import type { RateLimit } from '@plinth/contracts';
import { fits, priceOf, remainingAfter, secondsUntilFits, secondsUntilMore } from './gcra.ts';

export interface PolicyState {
  policy: string;
  quota: number;
  windowSeconds: number;
  remaining: number;
  /** Seconds until more is available than `remaining`; for a violated policy, until this call would fit. */
  resetSeconds: number;
}

export interface Decision {
  allowed: boolean;
  policies: PolicyState[];
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
): Omit<Decision, 'degraded'> {
  const judged = limits.map((limit, i) => {
    const debt = debts[i] ?? 0;
    return { limit, debt, violated: !fits(limit, debt, cost) };
  });
  const allowed = !judged.some(({ violated }) => violated);

  const policies = judged.map(({ limit, debt, violated }) => {
    const debtNow = allowed ? debt + priceOf(limit, cost) : debt;
    return {
      policy: limit.policy,
      quota: limit.quota,
      windowSeconds: limit.windowSeconds,
      remaining: remainingAfter(limit, debtNow),
      resetSeconds: violated
        ? Math.max(1, secondsUntilFits(limit, debt, cost))
        : secondsUntilMore(limit, debtNow),
    };
  });
  const violated = policies.filter((_, i) => judged[i]?.violated);
  return {
    allowed,
    policies,
    violated: violated.map(({ policy }) => policy),
    retryAfter: Math.max(0, ...violated.map(({ resetSeconds }) => resetSeconds)),
  };
}
