// What was used of late, by key, up to a number of entries; what was not used for long is forgotten first. Two generations:
// a look-up that finds its entry in the newer one changes nothing. A Map that keeps the order by deleting and adding would
// make a new table every few look-ups, and such tables, once old, hold on to each other until a full collection.

export interface Recent<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

export function createRecent<Value>(maxEntries: number): Recent<Value> {
  const perGeneration = Math.max(1, Math.floor(maxEntries / 2));
  let newer = new Map<string, Value>();
  let older = new Map<string, Value>();

  function set(key: string, value: Value): void {
    if (newer.size >= perGeneration && !newer.has(key)) {
      older = newer;
      newer = new Map();
    }
    newer.set(key, value);
  }

  return {
    get(key) {
      const value = newer.get(key);
      if (value !== undefined) return value;
      const earlier = older.get(key);
      if (earlier !== undefined) set(key, earlier);
      return earlier;
    },
    set,
    delete(key) {
      newer.delete(key);
      older.delete(key);
    },
  };
}
