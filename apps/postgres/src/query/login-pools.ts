import { AppError, type Log } from '@plinth/contracts';
import { codeOf } from '@plinth/database';
import type pg from 'pg';
import { type Login, loginName, type Place } from '../placement/place.ts';
import { type BriefReads, createBriefReads, isBrief } from './brief-reads.ts';
import { type ClusterLimits, type ClusterPool, createClusterPool } from './cluster-pool.ts';
import { type Connection, type Limits, openConnection } from './connection.ts';
import { beginOf, COMMIT, ROLLBACK, type RequestContext, settingsOf } from './context.ts';
import type { Row } from './one-sync.ts';
import type { Pace } from './pace.ts';
import type { TakeRows } from './row-stream.ts';
import { type Telling, toAppError } from './sqlstate.ts';
import type { Statement } from './statement.ts';
import { MAX_VALUES } from './wire.ts';

// The only way to the data of workspaces: each is reached by logins of its own, so the database itself keeps one from
// another. Whatever is wrong with a cluster (gone, hung, full), a caller hears of it in seconds, as an AppError.

export interface Cluster {
  /** Its host, port and parameters count; who connects, and to which database, follows from the place. */
  url: string;
  /** A pooler of transactions stands before it: nothing of a session is relied on. */
  isTransactionPooled?: boolean | undefined;
  maxConnections?: number | undefined;
}

export interface LoginPoolsOptions extends Partial<Omit<ClusterLimits, 'maxConnections'>> {
  clusters: ReadonlyMap<string, Cluster>;
  passwordOf(place: Place, login: Login): string | Promise<string>;
  /** A login was not let in: its password, or whether it may, is not what it was. */
  onRefused?: ((place: Place) => void) | undefined;
  log: Log;
}

export interface Work {
  /** Without one it is the login itself, in a transaction that may write. */
  context?: RequestContext | undefined;
  /** Of a caller who may leave: what runs for them is then given up, and the reason of the signal thrown. */
  signal?: AbortSignal | undefined;
  mayKnow?: Telling['mayKnow'];
  /** Of statements that change nothing: how long those like them take. Brief ones may go to the server with others. */
  pace?: Pace | undefined;
  /** Each step of a transaction has as long as a statement may take; else all of them have so long together. */
  isLong?: boolean;
}

export type Run = (...statements: readonly Statement[]) => Promise<readonly Row[]>;

export interface LoginPools {
  /** One transaction and one round trip: the row that each statement answered. */
  run(place: Place, login: Login, statements: readonly Statement[], work: Work): Promise<readonly Row[]>;
  /**
   * One transaction whose statement answers many rows: `take` is given some at a time, and the next when it has come back. The
   * statement's timeout is for each time.
   */
  stream(
    place: Place,
    login: Login,
    statement: Statement,
    work: Work & { context: RequestContext },
    take: TakeRows,
  ): Promise<void>;
  /**
   * One transaction over several round trips: it is committed when `steps` comes back, and rolled back when it throws. What is run
   * by `finish` is committed with it, a round trip sooner.
   */
  transaction<T>(
    place: Place,
    login: Login,
    work: Work,
    steps: (run: Run, finish: Run) => Promise<T>,
  ): Promise<T>;
  close(): void;
}

interface Pools {
  pool: ClusterPool;
  briefReads: BriefReads;
}

/** The class of what Postgres says of a wrong password, and of a login that may not. */
const NOT_LET_IN = '28';
const MAX_CONNECTIONS = 60;
const MAX_PER_LOGIN = 8;
const IDLE_MS = 30_000;
const QUEUE_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_500;
const SWEEP_MS = 200;
/** The server's own timeout comes first; this is for what has none, and for a server that does not keep to it. */
const GRACE_MS = 500;
const DEFAULT_TIMEOUT_MS = 5_000;
/** A long answer holds a snapshot and a connection, however patient its reader is. */
const MAX_STREAM_MS = 10 * 60_000;
const TAKE_MS = 30_000;

/** A pooler of transactions takes none of these, so there the logins themselves must be set up so. */
const SESSION = '-c timezone=UTC -c datestyle=ISO -c idle_in_transaction_session_timeout=10s';

const APPLICATION = 'plinth-postgres';

async function configOf(
  { url, isTransactionPooled }: Cluster,
  place: Place,
  login: Login,
  password: string,
): Promise<pg.ClientConfig> {
  const address = new URL(url);
  address.username = loginName(place, login);
  address.password = encodeURIComponent(password);
  address.pathname = `/${encodeURIComponent(place.database)}`;
  return {
    connectionString: address.href,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: APPLICATION,
    keepAlive: true,
    ...(!isTransactionPooled && { options: `${SESSION} -c search_path=${place.schema}` }),
  };
}

/** One Sync is a transaction by itself; one of another isolation has to be begun. */
const ownOf = (context: RequestContext): Statement[] =>
  context.isolation ? [beginOf(context), settingsOf(context)] : [settingsOf(context)];

function checked(statements: readonly Statement[]): readonly Statement[] {
  for (const { values } of statements) if (values.length > MAX_VALUES) throw new AppError('TOO_COMPLEX');
  return statements;
}

export function createLoginPools(options: LoginPoolsOptions): LoginPools {
  const { clusters, passwordOf, onRefused, log } = options;
  const { maxPerLogin = MAX_PER_LOGIN, idleMs = IDLE_MS, queueMs = QUEUE_MS } = options;
  const pools = new Map([...clusters].map(([name, cluster]) => [name, createPools(cluster)]));

  function createPools(cluster: Cluster): Pools {
    const { maxConnections = MAX_CONNECTIONS, isTransactionPooled = false } = cluster;
    const limits = { maxConnections, maxPerLogin, idleMs, queueMs };
    async function open(place: Place, login: Login, onEnd: () => void): Promise<Connection> {
      const config = await configOf(cluster, place, login, await passwordOf(place, login));
      try {
        return await openConnection({ config, isTransactionPooled, onEnd, log });
      } catch (error) {
        if (codeOf(error)?.startsWith(NOT_LET_IN)) onRefused?.(place);
        throw error;
      }
    }
    const pool = createClusterPool(limits, open, log);
    return { pool, briefReads: createBriefReads(pool, queueMs) };
  }

  let sweptAt = performance.now();
  let wasLate = false;
  const sweeping = setInterval(() => {
    const now = performance.now();
    // This process had no turn, and answers may be waiting to be read: whoever seems late is given one round more.
    wasLate = !wasLate && now - sweptAt > 2 * SWEEP_MS;
    sweptAt = now;
    if (wasLate) return;
    for (const { pool, briefReads } of pools.values()) {
      pool.sweep(now);
      briefReads.sweep(now);
    }
  }, SWEEP_MS);
  sweeping.unref();

  function poolsOf({ cluster }: Place): Pools {
    const found = pools.get(cluster);
    if (found) return found;
    throw new AppError('DATABASE_UNAVAILABLE', { cause: new Error(`no cluster ${cluster}`) });
  }

  const timeoutOf = ({ context }: Work): number =>
    (context?.statementTimeoutMs ?? DEFAULT_TIMEOUT_MS) + GRACE_MS;

  /** What goes wrong, in the caller's words. */
  async function told<T>({ context, mayKnow }: Work, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toAppError(error, { isReadOnly: context?.isReadOnly ?? false, mayKnow });
    }
  }

  const use = <T>(
    place: Place,
    login: Login,
    asked: Work,
    work: (connection: Connection, limits: Limits) => Promise<T>,
  ): Promise<T> =>
    told(asked, () =>
      poolsOf(place).pool.use(place, login, asked.signal, (connection) =>
        work(connection, {
          deadline: performance.now() + timeoutOf(asked),
          signal: asked.signal,
          own: 0,
        }),
      ),
    );

  return {
    async run(place, login, statements, work) {
      const { context, signal, pace } = work;
      const before = context ? ownOf(context) : [];
      const after = context?.isolation ? [COMMIT] : [];
      const all = [...before, ...checked(statements), ...after];
      const own = before.length;
      const runAlone = () =>
        use(place, login, work, async (connection, limits) => {
          const begunAt = performance.now();
          try {
            return await connection.run(all, { ...limits, own });
          } finally {
            pace?.took(performance.now() - begunAt);
          }
        });
      const runTogether = ({ briefReads }: Pools, known: Pace) =>
        briefReads.run({
          place,
          login,
          statements: all,
          timeoutMs: timeoutOf(work),
          signal,
          own,
          pace: known,
          runAlone,
        });
      const rows = await (pace && isBrief(pace) && after.length === 0
        ? told(work, () => runTogether(poolsOf(place), pace))
        : runAlone());
      return rows.slice(own, own + statements.length);
    },

    async stream(place, login, statement, work, take) {
      const giveMs = work.context.statementTimeoutMs + GRACE_MS;
      // It is one statement and sees one snapshot, so no isolation would change what it answers.
      const settings = settingsOf({ ...work.context, statementTimeoutMs: MAX_STREAM_MS });
      const all = [settings, ...checked([statement])];
      await use(place, login, work, (connection, { signal }) =>
        connection.stream(all, take, { giveMs, takeMs: TAKE_MS, signal, own: 1 }),
      );
    },

    transaction: (place, login, work, steps) =>
      use(place, login, work, async (connection, limits) => {
        // Goes along with the first step: a round trip less.
        let opening = [beginOf(work.context), ...(work.context ? [settingsOf(work.context)] : [])];
        let isFinished = false;
        const stepMs = limits.deadline - performance.now();
        const limitsNow = (): Limits =>
          work.isLong ? { ...limits, deadline: performance.now() + stepMs } : limits;
        async function send(statements: readonly Statement[], closing: readonly Statement[]) {
          const own = opening.length;
          const all = [...opening, ...checked(statements), ...closing];
          opening = [];
          const rows = await connection.continue(all, { ...limitsNow(), own });
          return rows.slice(own, own + statements.length);
        }
        const finish: Run = async (...statements) => {
          const rows = await send(statements, [COMMIT]);
          isFinished = true;
          return rows;
        };
        try {
          const result = await steps((...statements) => send(statements, []), finish);
          if (connection.hasFailed()) throw new Error('a failed statement was swallowed');
          if (opening.length === 0 && !isFinished) await connection.continue([COMMIT], limitsNow());
          return result;
        } catch (error) {
          // Where this fails the connection is not used again, and the server rolls back by itself.
          if (opening.length === 0 && !isFinished)
            await connection.continue([ROLLBACK], limitsNow()).catch(() => undefined);
          throw error;
        }
      }),

    close() {
      clearInterval(sweeping);
      for (const { pool } of pools.values()) pool.close();
    },
  };
}
