// The statements that one connection has prepared. A look-up that finds one changes nothing but the time it was last used;
// the name is a count, so no two texts ever share one.

export interface PreparedStatements {
  /** The name of a statement with this text. */
  find(text: string): string | undefined;
  /** A name for a text that is about to be prepared. */
  add(text: string): string;
  /** No longer to be relied on: each is prepared again when it is next wanted. */
  forget(texts: Iterable<string>): void;
  /** The names that the server can let go of. */
  takeOutgrown(): readonly string[];
}

interface Entry {
  name: string;
  usedAt: number;
}

const MAX_STATEMENTS = 256;
const NONE: readonly string[] = [];

export function createPreparedStatements(maxStatements = MAX_STATEMENTS): PreparedStatements {
  const entries = new Map<string, Entry>();
  let outgrown: string[] = [];
  let uses = 0;
  let names = 0;

  function leastUsed(): string | undefined {
    let least: string | undefined;
    let leastAt = Number.POSITIVE_INFINITY;
    for (const [text, { usedAt }] of entries) {
      if (usedAt >= leastAt) continue;
      leastAt = usedAt;
      least = text;
    }
    return least;
  }

  function forget(text: string): void {
    const entry = entries.get(text);
    if (!entry) return;
    entries.delete(text);
    outgrown.push(entry.name);
  }

  return {
    find(text) {
      const entry = entries.get(text);
      if (!entry) return undefined;
      uses += 1;
      entry.usedAt = uses;
      return entry.name;
    },
    add(text) {
      const least = entries.size >= maxStatements ? leastUsed() : undefined;
      if (least !== undefined) forget(least);
      names += 1;
      uses += 1;
      const entry = { name: `p${names}`, usedAt: uses };
      entries.set(text, entry);
      return entry.name;
    },
    forget(texts) {
      for (const text of texts) forget(text);
    },
    takeOutgrown() {
      if (outgrown.length === 0) return NONE;
      const taken = outgrown;
      outgrown = [];
      return taken;
    },
  };
}
