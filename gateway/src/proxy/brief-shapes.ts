import { createRecent } from '../recent.ts';

// Which reads are brief: their service says so in its answers, and what it said holds for those that differ in the values of
// their tests alone. A guess from here, by how long answers take, would take a busy service for a slow one.

export interface BriefShapes {
  has(shape: string): boolean;
  /** What an answer said of it. */
  heard(shape: string, isBrief: boolean): void;
}

const MAX_SHAPES = 10_000;
/** Whose URL is longer is asked too seldom, and too likely of its own. */
const MAX_LENGTH = 1_024;

export function createBriefShapes(): BriefShapes {
  const known = createRecent<true>(MAX_SHAPES);
  return {
    has: (shape) => known.get(shape) === true,
    heard(shape, isBrief) {
      if (isBrief === (known.get(shape) === true) || shape.length > MAX_LENGTH) return;
      if (isBrief) known.set(shape, true);
      else known.delete(shape);
    },
  };
}

/** A path and its query, of whose tests (`name=operator.value`) the values are left out. */
export function shapeOf(path: string, search: string): string {
  let shape = path;
  for (let at = 0; at < search.length; ) {
    const next = search.indexOf('&', at + 1);
    const end = next === -1 ? search.length : next;
    const dot = search.indexOf('.', at);
    shape += search.slice(at, dot === -1 || dot > end ? end : dot);
    at = end;
  }
  return shape;
}
