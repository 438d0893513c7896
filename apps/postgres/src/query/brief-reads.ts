import { createNeighbours } from '@plinth/service';
import { type Login, loginName, type Place } from '../placement/place.ts';
import type { ClusterPool } from './cluster-pool.ts';
import type { Row } from './one-sync.ts';
import type { Pace } from './pace.ts';
import { isStillWanted, join, refuse, sweepQueue, type Waiter } from './queue.ts';
import type { Statement } from './statement.ts';
import type { Turn } from './turns.ts';

// To look at a row by its key, or at a page of rows, takes the server little more than to be woken up for it. So of the reads that are
// known to be brief a login has a few under way at once, and those that come meanwhile go to the server together, as soon as one is
// back. Nobody waits for long behind another: whoever is held up gets a connection alone.

export interface BriefRead {
  place: Place;
  login: Login;
  statements: readonly Statement[];
  timeoutMs: number;
  signal: AbortSignal | undefined;
  own: number;
  pace: Pace;
  /** By itself, like anything that is not brief. */
  runAlone(): Promise<readonly Row[]>;
}

export interface BriefReads {
  run(read: BriefRead): Promise<readonly Row[]>;
  sweep(now: number): void;
}

interface Waiting extends Turn, Waiter {}

interface Group {
  key: string;
  waiting: Waiting[];
  underWay: number;
}

/** Longer than that is no read that others should wait behind. */
const BRIEF_MS = 10;
/** Of a login that asks alone: enough to keep a server at work while the answers of others are on their way. */
const ALONE = { underWay: 2, together: 16 };
/** Of each, while there are others. */
const BESIDE = { underWay: 1, together: 4 };
const MAX_TOGETHER_MS = 20;

export function createBriefReads(pool: ClusterPool, queueMs: number): BriefReads {
  const groups = new Map<string, Group>();
  const logins = createNeighbours<string>();
  const most = () => (logins.areThere() ? BESIDE : ALONE);

  function groupOf(place: Place, login: Login): Group {
    const key = `${place.database} ${loginName(place, login)}`;
    const known = groups.get(key);
    if (known) return known;
    const group: Group = { key, waiting: [], underWay: 0 };
    groups.set(key, group);
    return group;
  }

  function begin(group: Group, place: Place, login: Login): void {
    if (group.waiting.length === 0 || group.underWay >= most().underWay) return;
    group.underWay += 1;
    let isCounted = true;
    function end(): void {
      if (isCounted) group.underWay -= 1;
      isCounted = false;
      begin(group, place, login);
    }
    pool
      .use(place, login, undefined, async (connection) => {
        const turns = takeTogether(group.waiting, most().together).filter(isStillWanted);
        if (turns.length > 0) await connection.runEach(turns, end);
      })
      .catch((error: unknown) => refuse(takeTogether(group.waiting, most().together), error))
      .finally(end);
  }

  return {
    run: ({ place, login, runAlone, ...read }) =>
      new Promise((resolve, reject) => {
        read.signal?.throwIfAborted();
        const group = groupOf(place, login);
        logins.seen(group.key);
        join(group.waiting, {
          ...read,
          since: performance.now(),
          settle(rows) {
            try {
              resolve(rows());
            } catch (error) {
              reject(error);
            }
          },
          reject,
          runAlone: () => void runAlone().then(resolve, reject),
        });
        begin(group, place, login);
      }),
    sweep(now) {
      for (const [key, group] of groups) {
        sweepQueue(group.waiting, now, queueMs);
        if (group.underWay === 0 && group.waiting.length === 0) groups.delete(key);
      }
    },
  };
}

export const isBrief = ({ ms }: Pace): boolean => ms !== undefined && ms < BRIEF_MS;

/** From the first on, as many as one may have to wait behind. */
function takeTogether(waiting: Waiting[], most: number): Waiting[] {
  let taken = 0;
  for (let ms = 0; taken < Math.min(waiting.length, most) && ms < MAX_TOGETHER_MS; taken += 1)
    ms += waiting[taken]?.pace.ms ?? 0;
  return waiting.splice(0, taken);
}
