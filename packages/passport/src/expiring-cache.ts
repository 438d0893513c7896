/** Bounded, the oldest goes first; an entry is gone when its time (seconds since the epoch) has come. */
export interface ExpiringCache<T> {
  get(token: string): T | undefined;
  set(token: string, value: T, expiresAt: number): void;
}

interface Entry<T> {
  token: string;
  value: T;
  expiresAt: number;
}

/** The end of a token is of its signature, which tells it apart: to hash all of it costs more than all else here. */
const END = 32;

export function createExpiringCache<T>(capacity: number): ExpiringCache<T> {
  const entries = new Map<string, Entry<T>>();
  return {
    // A look-up changes nothing: a Map that changes with every request is dear to the collector.
    get(token) {
      const entry = entries.get(token.slice(-END));
      if (entry?.token !== token) return undefined;
      return entry.expiresAt * 1_000 > Date.now() ? entry.value : undefined;
    },
    set(token, value, expiresAt) {
      const end = token.slice(-END);
      entries.delete(end);
      entries.set(end, { token, value, expiresAt });
      if (entries.size <= capacity) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
  };
}
