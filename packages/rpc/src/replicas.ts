// Which replica of a service a request goes to: the one with the fewest requests under way, among those that are well. A
// replica that says it is about to stop is left in time; one that failed is left alone for a moment and then tried with a
// single request. When none is well they are tried all the same, the least unlikely first: a wrong guess must not make an
// outage.

/** How long a replica without a connection, or with one that broke, gets nothing. */
const PAUSE_MS = 1_000;
/** One that does not answer costs its caller the whole wait. */
const SILENT_PAUSE_MS = 5_000;
/** What is announced arrives a little later, and clocks of timers differ. */
const STOPPING_MARGIN_MS = 500;

export interface Replica {
  readonly url: string;
  /** Its place in the setting. */
  readonly index: number;
  /** Requests under way. */
  underWay: number;
  awayUntil: number;
  /** The last failure was that it took or kept no connection. */
  isUnreachable: boolean;
  stoppingUntil: number;
  /** As its readiness said last; true where nobody asks. */
  isReady: boolean;
}

export interface Replicas {
  readonly all: readonly Replica[];
  /** Where to send the next request, or the same one again after a failure there; to be released when that is over. */
  take(failedAt?: Replica): Replica;
  release(replica: Replica): void;
  /** It answered; `stopping` is what the answer's header of that name says. */
  answered(replica: Replica, stopping: unknown): void;
  failed(replica: Replica, how: 'broken' | 'silent'): void;
  /** What its readiness says. */
  reported(replica: Replica, state: 'ready' | 'stopping' | 'away'): void;
}

export function createReplicas(urls: readonly string[], now: () => number = Date.now): Replicas {
  const all = urls.map(
    (url, index): Replica => ({
      url,
      index,
      underWay: 0,
      awayUntil: 0,
      isUnreachable: false,
      stoppingUntil: 0,
      isReady: true,
    }),
  );
  const [first] = all;
  if (!first) throw new Error('a service has at least one address');
  const isOnly = all.length === 1;
  let turn = 0;

  /** Well, about to stop but still serving, in trouble, without a connection, or where this very request has failed. */
  function rankOf(replica: Replica, at: number, failedAt: Replica | undefined): number {
    if (replica === failedAt) return 4;
    const isAway = replica.awayUntil > at;
    if (isAway && replica.isUnreachable) return 3;
    if (isAway || !replica.isReady) return 2;
    return replica.stoppingUntil > at ? 1 : 0;
  }

  function choose(from: Replica, at: number, failedAt: Replica | undefined): Replica {
    let best = from;
    let bestRank = rankOf(best, at, failedAt);
    for (const replica of all) {
      const rank = rankOf(replica, at, failedAt);
      if (rank > bestRank || (rank === bestRank && replica.underWay >= best.underWay)) continue;
      best = replica;
      bestRank = rank;
    }
    return best;
  }

  return {
    all,
    take(failedAt) {
      if (isOnly) return first;
      const at = now();
      turn = (turn + 1) % all.length;
      const chosen = choose(all[turn] ?? first, at, failedAt);
      // The one request that finds out whether it is back; the others wait for that.
      if (chosen.awayUntil !== 0) chosen.awayUntil = at + PAUSE_MS;
      chosen.underWay++;
      return chosen;
    },
    release(replica) {
      if (!isOnly) replica.underWay--;
    },
    answered(replica, stopping) {
      if (isOnly) return;
      replica.awayUntil = 0;
      if (stopping !== undefined) replica.stoppingUntil = now() + Number(stopping) + STOPPING_MARGIN_MS;
    },
    failed(replica, how) {
      if (isOnly) return;
      replica.awayUntil = now() + (how === 'silent' ? SILENT_PAUSE_MS : PAUSE_MS);
      replica.isUnreachable = how === 'broken';
    },
    reported(replica, state) {
      replica.isReady = state !== 'away';
      if (state === 'stopping') replica.stoppingUntil = now() + PAUSE_MS + STOPPING_MARGIN_MS;
      if (state === 'ready') {
        replica.stoppingUntil = 0;
        replica.awayUntil = 0;
      }
    },
  };
}
