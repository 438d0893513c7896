/** Its text, which may be bytes of UTF-8; null is SQL's NULL. */
export type Value = string | Buffer | null;

/** A statement as Postgres is sent it: text that the service wrote, and values that callers gave. */
export interface Statement {
  text: string;
  /** Bound as text, in order. */
  values: readonly Value[];
}
