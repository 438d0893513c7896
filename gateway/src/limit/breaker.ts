export interface Breaker {
  /** Whether to try; while open, one caller at a time once the pause is over. */
  mayTry(): boolean;
  succeeded(): void;
  failed(): void;
  readonly isOpen: boolean;
}

/** After some failures in a row, spares a failing system and its callers for a while. */
export function createBreaker(now: () => number, maxFailures: number, pauseMs: number): Breaker {
  let failures = 0;
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
      failures += 1;
      tryAgainAt = now() + pauseMs;
    },
  };
}
