/** Bounded, the least recently used goes first; an entry is gone when its time (seconds since the epoch) has come. */
export interface ExpiringCache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T, expiresAt: number): void;
}

export function createExpiringCache<T>(capacity: number): ExpiringCache<T> {
  const entries = new Map<string, { value: T; expiresAt: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      if (entry.expiresAt * 1_000 <= Date.now()) return undefined;
      // A Map keeps the order of insertion, so what was just used is now the youngest.
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, expiresAt) {
      entries.delete(key);
      entries.set(key, { value, expiresAt });
      if (entries.size <= capacity) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
  };
}
