// A map that holds so many entries and lets go of the one that was not used for longest. A look-up that finds its entry changes
// a number and nothing else, so that it costs the collector nothing; only an addition to a full map has to search.

export interface LeastUsed<Value> {
  get(key: string): Value | undefined;
  /** The entry that had to make room. */
  add(key: string, value: Value): Value | undefined;
  delete(key: string): Value | undefined;
  values(): Iterable<Value>;
}

interface Entry<Value> {
  value: Value;
  usedAt: number;
}

export function createLeastUsed<Value>(maxEntries: number): LeastUsed<Value> {
  const entries = new Map<string, Entry<Value>>();
  let uses = 0;

  function leastUsedKey(): string | undefined {
    let least: string | undefined;
    let leastAt = Number.POSITIVE_INFINITY;
    for (const [key, { usedAt }] of entries) {
      if (usedAt >= leastAt) continue;
      leastAt = usedAt;
      least = key;
    }
    return least;
  }

  function remove(key: string): Value | undefined {
    const entry = entries.get(key);
    entries.delete(key);
    return entry?.value;
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      uses += 1;
      entry.usedAt = uses;
      return entry.value;
    },
    add(key, value) {
      const least = entries.size >= maxEntries && !entries.has(key) ? leastUsedKey() : undefined;
      const removed = least === undefined ? undefined : remove(least);
      uses += 1;
      entries.set(key, { value, usedAt: uses });
      return removed;
    },
    delete: remove,
    values: () => entries.values().map(({ value }) => value),
  };
}
