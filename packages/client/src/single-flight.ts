/** Who asks for the same thing while it is under way gets the same promise. */
export function singleFlight<Key, Result>(
  work: (key: Key) => Promise<Result>,
): (key: Key) => Promise<Result> {
  const flights = new Map<Key, Promise<Result>>();
  return (key) => {
    const known = flights.get(key);
    if (known) return known;
    const flight = work(key).finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  };
}
