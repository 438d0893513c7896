import { AppError, type Log } from '@plinth/contracts';
import { type Login, loginName, type Place } from '../placement/place.ts';
import type { Connection } from './connection.ts';
import { join, refuse, sweepQueue, takeNext, type Waiter } from './queue.ts';

// The connections of one cluster: a few for each login, all together no more than a cap. A login that has none left, or
// may have no more, waits; logins that wait take turns. At the cap, the connection that was idle for longest makes room;
// where none is idle, a login with more of them gives one up to a login with fewer.

export interface ClusterLimits {
  /** Of all logins. */
  maxConnections: number;
  /** Of one. */
  maxPerLogin: number;
  idleMs: number;
  queueMs: number;
}

export interface ClusterPool {
  use<T>(
    place: Place,
    login: Login,
    signal: AbortSignal | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T>;
  /** Ends connections that nobody needs, statements that ran too long, and the wait of those who waited too long. */
  sweep(now: number): void;
  close(): void;
}

interface Waiting extends Waiter {
  resolve(connection: Connection): void;
}

interface LoginPool {
  place: Place;
  login: Login;
  open: Connection[];
  /** The one used last is used next. */
  idle: Connection[];
  connecting: number;
  waiting: Waiting[];
}

/** To close a connection and open another costs as much as a hundred small requests, so a turn lasts a while. */
const TURN_MS = 25;

const sizeOf = ({ open, connecting }: LoginPool): number => open.length + connecting;

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index !== -1) list.splice(index, 1);
}

export function createClusterPool(
  limits: ClusterLimits,
  open: (place: Place, login: Login, onEnd: () => void) => Promise<Connection>,
  log: Log,
): ClusterPool {
  const pools = new Map<string, LoginPool>();
  /** Those in which somebody waits, in the order of their turns. */
  let turns: LoginPool[] = [];
  let total = 0;
  let isClosed = false;

  function poolOf(place: Place, login: Login): LoginPool {
    const key = `${place.database} ${loginName(place, login)}`;
    const known = pools.get(key);
    if (known) {
      // Its password may be another by now.
      known.place = place;
      return known;
    }
    const pool: LoginPool = { place, login, open: [], idle: [], connecting: 0, waiting: [] };
    pools.set(key, pool);
    return pool;
  }

  function drop(pool: LoginPool, connection: Connection): void {
    if (!pool.open.includes(connection)) return;
    remove(pool.open, connection);
    remove(pool.idle, connection);
    total -= 1;
    connection.close();
  }

  function longestIdle(): [LoginPool, Connection] | undefined {
    let longest: [LoginPool, Connection] | undefined;
    for (const pool of pools.values()) {
      const [first] = pool.idle;
      if (first && (!longest || first.idleSince < longest[1].idleSince)) longest = [pool, first];
    }
    return longest;
  }

  function hasRoom(): boolean {
    if (total < limits.maxConnections) return true;
    const longest = longestIdle();
    if (!longest) return false;
    drop(...longest);
    return true;
  }

  /** A turn for each login that waits, until nobody gets anything by it. */
  function takeTurns(): void {
    for (let isMoving = true; isMoving; ) {
      isMoving = false;
      for (const pool of turns.splice(0)) {
        if (pool.waiting.length === 0) continue;
        turns.push(pool);
        const { connecting, waiting, idle } = pool;
        // Of its own, one is idle only while it is offered to others first.
        const isServed = connecting >= waiting.length || idle.length > 0;
        if (isServed || sizeOf(pool) >= limits.maxPerLogin || !hasRoom()) continue;
        void connect(pool);
        isMoving = true;
      }
    }
  }

  async function connect(pool: LoginPool): Promise<void> {
    pool.connecting += 1;
    total += 1;
    try {
      let connection: Connection | undefined;
      connection = await open(pool.place, pool.login, () => {
        if (connection) drop(pool, connection);
        takeTurns();
      });
      pool.connecting -= 1;
      pool.open.push(connection);
      release(pool, connection);
    } catch (error) {
      pool.connecting -= 1;
      total -= 1;
      const { place, login } = pool;
      log.warn(
        { err: error, workspaceId: place.workspaceId, login },
        'a login of a workspace cannot connect',
      );
      // Where others of the login are connected, it may have been bad luck; where none is, all who wait would wait in vain.
      const refused = pool.waiting.splice(0, pool.open.length > 0 ? 1 : pool.waiting.length);
      refuse(refused, new AppError('DATABASE_UNAVAILABLE', { cause: error }));
      takeTurns();
    }
  }

  /** A login with fewer connections waits for one, and nothing but the cap keeps it from having it. */
  function isOwed(pool: LoginPool): boolean {
    if (turns.length === 0) return false;
    const before = performance.now() - TURN_MS;
    return turns.some((other) => {
      const [first] = other.waiting;
      return first && first.since < before && other.connecting === 0 && sizeOf(other) < sizeOf(pool);
    });
  }

  function release(pool: LoginPool, connection: Connection): void {
    if (isClosed || !connection.isFit()) {
      drop(pool, connection);
      takeTurns();
      return;
    }
    const isKept = !isOwed(pool);
    if (isKept && giveOn(pool, connection)) return;
    connection.idleSince = performance.now();
    pool.idle.push(connection);
    if (turns.length === 0) return;
    takeTurns();
    if (isKept || pool.idle.at(-1) !== connection) return;
    if (giveOn(pool, connection)) pool.idle.pop();
  }

  function giveOn(pool: LoginPool, connection: Connection): boolean {
    const next = takeNext(pool.waiting);
    next?.resolve(connection);
    return next !== undefined;
  }

  function wait(pool: LoginPool, signal: AbortSignal | undefined): Promise<Connection> {
    if (isClosed) throw new AppError('DATABASE_UNAVAILABLE');
    return new Promise((resolve, reject) => {
      join(pool.waiting, { since: performance.now(), signal, resolve, reject });
      if (!turns.includes(pool)) turns.push(pool);
      takeTurns();
    });
  }

  return {
    async use(place, login, signal, work) {
      signal?.throwIfAborted();
      const pool = poolOf(place, login);
      const connection = pool.idle.pop() ?? (await wait(pool, signal));
      try {
        return await work(connection);
      } finally {
        release(pool, connection);
      }
    },
    sweep(now) {
      for (const { waiting, connecting } of turns) sweepQueue(waiting, now, limits.queueMs, connecting);
      turns = turns.filter(({ waiting }) => waiting.length > 0);
      for (const [key, pool] of pools) {
        for (const connection of pool.open) connection.watch(now);
        const unused = pool.idle.filter(({ idleSince }) => now - idleSince > limits.idleMs);
        for (const connection of unused) drop(pool, connection);
        if (sizeOf(pool) === 0 && pool.waiting.length === 0) pools.delete(key);
      }
    },
    close() {
      isClosed = true;
      for (const pool of pools.values()) {
        for (const connection of [...pool.idle]) drop(pool, connection);
        refuse(pool.waiting.splice(0), new AppError('DATABASE_UNAVAILABLE'));
      }
      turns = [];
    },
  };
}
