import { hash } from 'node:crypto';
import type { VerifiedToken } from '@plinth/contracts';

const MAX_ENTRIES = 10_000;
const MAX_AGE_MS = 60_000;

export interface TokenCache {
  get(raw: string): VerifiedToken | undefined;
  put(raw: string, token: VerifiedToken): void;
}

/** Verified tokens by digest, so that a dump of this memory holds no credential. The longest unused goes first. */
export function createTokenCache(now: () => number, maxEntries = MAX_ENTRIES): TokenCache {
  const entries = new Map<string, { token: VerifiedToken; until: number }>();
  const digest = (raw: string) => hash('sha256', raw, 'base64url');

  return {
    get(raw) {
      const key = digest(raw);
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      if (entry.until <= now()) return undefined;
      entries.set(key, entry);
      return entry.token;
    },
    put(raw, token) {
      const until = Math.min(now() + MAX_AGE_MS, token.expiresAt * 1_000);
      if (until <= now()) return;
      const oldest = entries.keys().next();
      if (entries.size >= maxEntries && !oldest.done) entries.delete(oldest.value);
      entries.set(digest(raw), { token, until });
    },
  };
}
