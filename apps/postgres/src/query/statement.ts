/** A statement as Postgres is sent it: text that the service wrote, and values that callers gave. */
export interface Statement {
  text: string;
  /** Bound as text, in order; null is SQL's NULL. */
  values: readonly (string | null)[];
}
