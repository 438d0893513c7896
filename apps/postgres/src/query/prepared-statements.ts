import { createLeastUsed } from '../least-used.ts';

// The statements that one connection has prepared, by their text. A name is a count, so no two texts ever share one.

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

const MAX_STATEMENTS = 256;
const NONE: readonly string[] = [];

export function createPreparedStatements(maxStatements = MAX_STATEMENTS): PreparedStatements {
  const names = createLeastUsed<string>(maxStatements);
  let outgrown: string[] = [];
  let count = 0;

  return {
    find: names.get,
    add(text) {
      count += 1;
      const name = `p${count}`;
      const removed = names.add(text, name);
      if (removed !== undefined) outgrown.push(removed);
      return name;
    },
    forget(texts) {
      for (const text of texts) {
        const removed = names.delete(text);
        if (removed !== undefined) outgrown.push(removed);
      }
    },
    takeOutgrown() {
      if (outgrown.length === 0) return NONE;
      const taken = outgrown;
      outgrown = [];
      return taken;
    },
  };
}
