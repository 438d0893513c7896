// Whether one asks alone or beside others. Alone it may have under way as much as is worth it; beside others each has a little,
// and its own wait for its own: whatever is under way already, everybody waits for.

export interface Neighbours<One> {
  /** It asks for something. */
  seen(one: One): void;
  areThere(): boolean;
}

/** So long after the last change from one to another there are several. */
const FORGOTTEN_MS = 10_000;

export function createNeighbours<One>(now: () => number = () => performance.now()): Neighbours<One> {
  let last: One | undefined;
  let until = 0;
  return {
    seen(one) {
      if (one === last) return;
      if (last !== undefined) until = now() + FORGOTTEN_MS;
      last = one;
    },
    areThere: () => now() < until,
  };
}
