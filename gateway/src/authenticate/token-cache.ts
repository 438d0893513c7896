import { hash } from 'node:crypto';
import type { VerifiedToken } from '@plinth/contracts';
import { createRecent } from '../recent.ts';

const MAX_ENTRIES = 10_000;
const MAX_AGE_MS = 60_000;

export interface TokenCache {
  get(raw: string): VerifiedToken | undefined;
  put(raw: string, token: VerifiedToken): void;
}

/** Verified tokens by digest, so that a dump of this memory holds no credential. The longest unused goes first. */
export function createTokenCache(now: () => number, maxEntries = MAX_ENTRIES): TokenCache {
  const entries = createRecent<{ token: VerifiedToken; until: number }>(maxEntries);
  const digest = (raw: string) => hash('sha256', raw, 'base64url');

  return {
    get(raw) {
      const entry = entries.get(digest(raw));
      return entry && entry.until > now() ? entry.token : undefined;
    },
    put(raw, token) {
      const until = Math.min(now() + MAX_AGE_MS, token.expiresAt * 1_000);
      if (until <= now()) return;
      entries.set(digest(raw), { token, until });
    },
  };
}
