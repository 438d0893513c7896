import type { PlinthError } from './plinth-error.ts';

// A query changes nothing and a mutation carries an idempotency key, so any call may be sent again; what is worth it is
// what may go otherwise the next time.

const STATUSES = new Set([429, 502, 503, 504]);
const CODES = new Set<string>(['NETWORK', 'TIMEOUT', 'IDEMPOTENCY_IN_PROGRESS']);
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

export function isWorthRetrying({ code, status }: PlinthError): boolean {
  return STATUSES.has(status) || CODES.has(code);
}

/** Full jitter (`fraction` is from 0 to 1), and never before the server said. `retry` counts from 0. */
export function backoffMs(retry: number, retryAfter: number | undefined, fraction: number): number {
  const jitter = fraction * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** retry);
  return (retryAfter ?? 0) * 1_000 + jitter;
}

/** Chance, from the digits of a random id: calls that shared a request share its id, so they wait alike and mostly share the next. */
export function fractionOf(id: string, retry: number): number {
  const at = (retry * 8) % 32;
  return Number.parseInt(id.slice(at, at + 8), 16) / 2 ** 32;
}

/** Seconds from a Retry-After header, which holds seconds or a date. */
export function parseRetryAfter(value: string | null, now = Date.now()): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1_000);
}
