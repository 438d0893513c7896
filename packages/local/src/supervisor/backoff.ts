export interface BackoffOptions {
  firstMs: number;
  mostMs: number;
  /** Running well for this long makes the next failure the first again. */
  healthyMs: number;
}

export const DEFAULT_BACKOFF: BackoffOptions = { firstMs: 250, mostMs: 30_000, healthyMs: 60_000 };

/** Returns how long to wait after each failure, given how long the process had been healthy. */
export function createBackoff({
  firstMs,
  mostMs,
  healthyMs,
}: BackoffOptions): (wasHealthyMs: number) => number {
  let failures = 0;
  return (wasHealthyMs) => {
    failures = wasHealthyMs >= healthyMs ? 1 : failures + 1;
    return Math.min(firstMs * 2 ** (failures - 1), mostMs);
  };
}
