import { AppError, type Log } from '@plinth/contracts';
import { firstAnswer } from '../first-answer.ts';
import { downloadKeySet } from './download-key-set.ts';
import type { SigningKey } from './signing-key.ts';

// The issuer's keys, kept through its outages. One fetch at a time, and not again for 30 seconds after one that failed or
// was made for a key that is not there, so that neither a stampede, an outage nor a flood of made-up key ids reaches the
// issuer. A key that it has begun to use since the last good fetch is fetched at once: a rotation refuses nobody.

const SECOND = 1_000;
const COOLDOWN = 30 * SECOND;
const FIRST_RETRY = SECOND;
const REFRESH_AFTER = 300 * SECOND;
const STALE_AFTER = 600 * SECOND;
const UNUSABLE_AFTER = 86_400 * SECOND;
const ABSENT_FOR = 60 * SECOND;
const MAX_ABSENT = 1_000;

export type Health = 'ok' | 'degraded' | 'down';

export interface KeySet {
  /** Undefined for a key that the issuer does not publish; AUTH_UNAVAILABLE when nobody can tell. */
  find(kid: string): Promise<SigningKey | undefined>;
  state(): Health;
  /** For how long the keys have been older than they should be. */
  staleSeconds(): number;
  close(): void;
}

export interface KeySetOptions {
  /** Of one issuer; where it has several replicas, of each. */
  urls: readonly string[];
  log?: Log | undefined;
  now?: (() => number) | undefined;
}

export function createKeySet({ urls, log, now = Date.now }: KeySetOptions): KeySet {
  let keys: ReadonlyMap<string, SigningKey> = new Map();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  /** When a key was last looked for that was not there. */
  let guessedAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let loading: Promise<void> | undefined;
  let closed = false;
  const absentUntil = new Map<string, number>();

  const age = () => now() - loadedAt;
  const usable = () => age() <= UNUSABLE_AFTER;
  // Without any key nobody gets in, so the first tries come quickly.
  const cooldown = () =>
    usable() ? COOLDOWN : Math.min(COOLDOWN, FIRST_RETRY * 2 ** Math.max(0, failures - 1));

  async function load(): Promise<void> {
    attemptedAt = now();
    try {
      keys = await firstAnswer(urls, downloadKeySet);
      loadedAt = now();
      if (failures > 0) log?.info({ urls }, 'the signing keys are fresh again');
      failures = 0;
    } catch (error) {
      failures += 1;
      log?.warn({ urls, err: error, failures, kept: keys.size }, 'the signing keys could not be refreshed');
    } finally {
      loading = undefined;
    }
  }

  /** The fetch under way or a new one; undefined while it is too early for one. */
  function refresh(since = attemptedAt): Promise<void> | undefined {
    if (!loading && !closed && now() - since >= cooldown()) loading = load();
    return loading;
  }

  function refreshWhenDue(): void {
    if (age() > REFRESH_AFTER) refresh();
  }

  function rememberAbsent(kid: string): void {
    const oldest = absentUntil.keys().next();
    if (absentUntil.size >= MAX_ABSENT && !oldest.done) absentUntil.delete(oldest.value);
    absentUntil.set(kid, now() + ABSENT_FOR);
  }

  refreshWhenDue();
  const heartbeat = setInterval(refreshWhenDue, SECOND);
  heartbeat.unref();

  return {
    async find(kid) {
      refreshWhenDue();
      if (!usable()) await refresh();
      if (!usable()) throw new AppError('AUTH_UNAVAILABLE', { retryAfter: 2 });
      const known = keys.get(kid);
      if (known || (absentUntil.get(kid) ?? 0) > now()) return known;

      const attempt = refresh(failures > 0 ? attemptedAt : guessedAt);
      if (!attempt) return undefined;
      guessedAt = now();
      await attempt;
      const found = keys.get(kid);
      if (found) guessedAt = Number.NEGATIVE_INFINITY;
      else if (failures === 0) rememberAbsent(kid);
      return found;
    },
    state() {
      if (!usable()) return 'down';
      return failures > 0 || age() > STALE_AFTER ? 'degraded' : 'ok';
    },
    staleSeconds: () => Math.max(0, (age() - STALE_AFTER) / SECOND),
    close() {
      closed = true;
      clearInterval(heartbeat);
    },
  };
}
