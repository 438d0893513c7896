import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Call } from '@plinth/contracts';

// A caller who prefers to wait is held while a request with its key still runs: it looks again and again, and holds no
// connection in between.

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;
/** More than these are told at once, as if they had not asked: they cost a query at each look. */
const MAX_HELD = 100;

export function createPatience() {
  let held = 0;

  async function hold<T>(
    { seconds, signal }: NonNullable<Call['patience']>,
    attempt: () => Promise<T>,
  ): Promise<T> {
    const until = Date.now() + seconds * 1_000;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isInProgress(error) || Date.now() >= until || signal.aborted) throw error;
        await sleep(Math.min(pauseMs, until - Date.now()), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The attempt, repeated as long as the caller will wait. */
  return async function patiently<T>({ patience }: Call, attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (!patience || !isInProgress(error) || held >= MAX_HELD) throw error;
    }
    patience.wasNeeded = true;
    held += 1;
    try {
      return await hold(patience, attempt);
    } finally {
      held -= 1;
    }
  };
}

const isInProgress = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'IDEMPOTENCY_IN_PROGRESS';
