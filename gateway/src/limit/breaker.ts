export interface Breaker {
  /** Whether to try; while open, one caller at a time once the pause is over. */
  mayTry(): boolean;
  succeeded(): void;
  failed(): void;
  readonly isOpen: boolean;
}

export interface BreakerOptions {
  now: () => number;
  /** In a row; then it opens. */
  maxFailures: number;
  pauseMs: number;
  /** Failures within this time are one: a single hiccup fails all calls that are under way. */
  togetherMs: number;
}

/** After some failures in a row, spares a failing system and its callers for a while. */
export function createBreaker({ now, maxFailures, pauseMs, togetherMs }: BreakerOptions): Breaker {
  let failures = 0;
  let failedAt = Number.NEGATIVE_INFINITY;
  let tryAgainAt = 0;

  return {
    get isOpen() {
      return failures >= maxFailures;
    },
    mayTry() {
      if (failures < maxFailures) return true;
      if (now() < tryAgainAt) return false;
      tryAgainAt = now() + pauseMs;
      return true;
    },
    succeeded() {
      failures = 0;
    },
    failed() {
      if (now() < failedAt + togetherMs) return;
      failedAt = now();
      failures += 1;
      tryAgainAt = failedAt + pauseMs;
    },
  };
}
