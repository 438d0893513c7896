// Postgres refuses a statement as a whole. Which row it was is found by trying fewer of them, and the rows before it stay.

/** Whether the rows from one to before another are taken; undefined is yes, and otherwise nothing of them is. */
export type Attempt = (from: number, to: number) => Promise<unknown>;

export interface Refused {
  /** Undefined where the statement is refused whatever the rows are. */
  index: number | undefined;
  error: unknown;
}

/** `error`: what became of an attempt at all of them. */
export async function firstRefused(count: number, error: unknown, attempt: Attempt): Promise<Refused> {
  const ofNone = await attempt(0, 0);
  if (ofNone !== undefined) return { index: undefined, error: ofNone };
  let taken = 0;
  let refused = { to: count, error };
  while (refused.to - taken > 1) {
    const middle = (taken + refused.to) >> 1;
    const problem = await attempt(taken, middle);
    if (problem === undefined) taken = middle;
    else refused = { to: middle, error: problem };
  }
  return { index: taken, error: refused.error };
}
