const MAX_NAMED = 3;

/** How many letters are to be added, taken away or changed to make one of the other; beyond `limit` it does not matter. */
function distance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) > limit) return limit + 1;
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...one].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= other.length; column += 1) {
      const change = (previous[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1);
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[other.length] ?? limit + 1;
}

/** The names that a mistaken one was most likely meant to be, the closest first. */
export function closestNames(mistaken: string, names: readonly string[]): string[] {
  const written = mistaken.slice(0, 64).toLowerCase();
  const limit = Math.max(2, Math.floor(written.length / 3));
  return names
    .map((name) => ({ name, away: distance(written, name.toLowerCase(), limit) }))
    .filter(({ away }) => away <= limit)
    .sort((one, other) => one.away - other.away)
    .slice(0, MAX_NAMED)
    .map(({ name }) => name);
}
