import type { Log } from '@plinth/contracts';
import { codeOf } from '@plinth/database';
import pg from 'pg';
import { requestCancel } from './cancel.ts';
import { ROLLBACK } from './context.ts';
import { OneSync, type Outcome, type Row } from './one-sync.ts';
import { createPreparedStatements } from './prepared-statements.ts';
import { RowStream, type TakeRows } from './row-stream.ts';
import type { Statement } from './statement.ts';
import { runTurns, type Turn } from './turns.ts';

// One connection of one login. It runs one transaction after the other, gives up what runs too long or for nobody, and
// knows whether it can be used again.

export interface Limits {
  /** By `performance.now()`: past this the statement is given up. Its own timeout, said to the server, comes earlier. */
  deadline: number;
  /** Of a caller who may leave. */
  signal: AbortSignal | undefined;
  /** How many statements come before the first of the request. */
  own: number;
}

export interface StreamLimits extends Omit<Limits, 'deadline'> {
  /** How long the server may take for the next rows, and whoever takes them to do so. */
  giveMs: number;
  takeMs: number;
}

/** Thrown where the server took a transaction and did not even answer that it was to give it up. */
export class NoAnswer extends Error {}

/** Thrown where a statement of our own, before those of the request, was refused: no caller's doing. */
export class OwnRefused extends Error {}

export interface Connection {
  /** All of them take effect, or none. What the server had prepared and no longer trusts is prepared again, unseen. */
  run(statements: readonly Statement[], limits: Limits): Promise<readonly Row[]>;
  /** Several transactions in one piece. Those that a long one holds up are sent back to be run alone, and `onHeldUp` is told. */
  runEach(turns: readonly Turn[], onHeldUp: () => void): Promise<void>;
  /** The same as `run`, but the last of them answers many rows, which are taken some at a time: each time both sides have as long again. */
  stream(statements: readonly Statement[], take: TakeRows, limits: StreamLimits): Promise<readonly Row[]>;
  /** Within a transaction that a first `run` has begun. */
  continue(statements: readonly Statement[], limits: Limits): Promise<readonly Row[]>;
  /** Looks at what runs; to be called every so often. */
  watch(now: number): void;
  /** A statement of the transaction under way has failed, so that it can only be rolled back. */
  hasFailed(): boolean;
  isFit(): boolean;
  /** By `performance.now()`, since when nobody uses it. */
  idleSince: number;
  close(): void;
}

export interface ConnectionOptions {
  config: pg.ClientConfig;
  /** The server behind it changes with every transaction, so it keeps nothing. */
  isTransactionPooled: boolean;
  onEnd(): void;
  log: Log;
}

/** How long a server has to obey, when it is told to give up. */
const OBEDIENCE_MS = 1_000;

/** What is held up for longer by another's turn is better off alone. */
const HELD_UP_MS = 100;

/** `cached plan must not change result type`, which has no code of its own, and a statement that is not there. */
const isStale = (error: unknown): boolean =>
  codeOf(error) === '26000' ||
  (error instanceof pg.DatabaseError && error.routine === 'RevalidateCachedQuery');

/** Of what it says, not for want of time or of a server. */
const isRefusal = (error: unknown): boolean => /^(?:22|42)/.test(codeOf(error) ?? '');

export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { config, isTransactionPooled, onEnd, log } = options;
  const client = new pg.Client(config);
  const prepared = isTransactionPooled ? undefined : createPreparedStatements();
  let isFit = true;
  let limits: Limits | undefined;
  let cancelling: Promise<void> | undefined;
  let givenUpAt = 0;
  let isHung = false;
  /** Where others wait for the transaction under way: from when on they are held up, and what is then done. */
  let holdUp: { after: number; sendBack: () => void; onHeldUp: () => void } | undefined;

  client.on('error', (err) => {
    isFit = false;
    log.debug({ err }, 'a connection of a workspace broke');
  });
  await client.connect();
  client.on('end', () => {
    isFit = false;
    onEnd();
  });
  // The server tells of settings that outlived their transaction: a function of the workspace changed its session.
  if (!isTransactionPooled) client.connection.on('parameterStatus', () => (isFit = false));

  const sync = (statements: readonly Statement[]): Promise<Outcome> =>
    new Promise((resolve) => client.query(new OneSync(statements, prepared, resolve)));

  const stream = (statements: readonly Statement[], take: TakeRows): Promise<Outcome> =>
    new Promise((resolve) => client.query(new RowStream(statements, prepared, take, resolve)));

  async function attempt(statements: readonly Statement[], run: () => Promise<Outcome>): Promise<Outcome> {
    const outcome = await run();
    if (outcome.error === undefined || !isFit) return outcome;
    if (client.getTransactionStatus() === 'E') await sync([ROLLBACK]);
    if (!prepared || !isStale(outcome.error)) return outcome;
    prepared.forget(statements.map(({ text }) => text));
    return run();
  }

  /** What came of a transaction, for the one who wanted it. */
  function judged({ rows, error }: Outcome, { signal, own }: Pick<Limits, 'signal' | 'own'>): readonly Row[] {
    if (error === undefined) return rows;
    signal?.throwIfAborted();
    if (isHung) throw new NoAnswer('the server did not answer in time', { cause: error });
    if (rows.length < own && isRefusal(error))
      throw new OwnRefused('the settings of a request were refused', { cause: error });
    throw error;
  }

  async function settled(): Promise<void> {
    limits = undefined;
    // Until the server has passed it on, it could hit whoever is next on this connection.
    if (cancelling) await cancelling;
    cancelling = undefined;
  }

  async function watched(given: Limits, run: () => Promise<Outcome>): Promise<readonly Row[]> {
    limits = given;
    const outcome = await run();
    await settled();
    return judged(outcome, given);
  }

  async function runEach(turns: readonly Turn[], onHeldUp: () => void): Promise<void> {
    const waiting = new Set(turns);
    let isWanted = true;
    let begunAt = 0;
    function sendBack(): void {
      holdUp = undefined;
      for (const turn of waiting) turn.runAlone();
      waiting.clear();
    }
    function begin(turn: Turn): void {
      if (!isFit) sendBack();
      isWanted = waiting.delete(turn);
      const now = performance.now();
      begunAt = now;
      // Where the one before was cancelled, the server has as long again to obey.
      givenUpAt = now;
      const { timeoutMs, own } = turn;
      limits = { deadline: now + timeoutMs, signal: isWanted ? turn.signal : undefined, own };
      holdUp = waiting.size > 0 ? { after: now + HELD_UP_MS, sendBack, onHeldUp } : undefined;
    }
    function end(turn: Turn, outcome: Outcome): void {
      turn.pace.took(performance.now() - begunAt);
      const { error } = outcome;
      const isForgotten = prepared !== undefined && isStale(error);
      if (isForgotten) prepared.forget(turn.statements.map(({ text }) => text));
      if (!isWanted) return;
      if (isForgotten && isFit) turn.runAlone();
      else turn.settle(() => judged(outcome, turn));
    }
    await runTurns(turns, { client, prepared, begin, end });
    holdUp = undefined;
    await settled();
  }

  return {
    run: (statements, given) => watched(given, () => attempt(statements, () => sync(statements))),
    stream(statements, take, { giveMs, takeMs, ...given }) {
      const moving = { ...given, deadline: performance.now() + giveMs };
      async function taking(rows: readonly Row[]): Promise<void> {
        moving.deadline = performance.now() + takeMs;
        await take(rows);
        moving.deadline = performance.now() + giveMs;
      }
      return watched(moving, () => attempt(statements, () => stream(statements, taking)));
    },
    runEach,
    continue: (statements, given) => watched(given, () => sync(statements)),
    watch(now) {
      if (holdUp && now > holdUp.after) {
        const { sendBack, onHeldUp } = holdUp;
        sendBack();
        onHeldUp();
      }
      if (!limits) return;
      if (cancelling) {
        if (now < givenUpAt + OBEDIENCE_MS) return;
        isHung = true;
        client.connection.stream.destroy();
      } else if (now > limits.deadline || limits.signal?.aborted) {
        givenUpAt = now;
        // It may come late, and hit the next.
        holdUp?.sendBack();
        cancelling = requestCancel(client);
      }
    },
    hasFailed: () => client.getTransactionStatus() === 'E',
    isFit: () => isFit && client.getTransactionStatus() === 'I',
    idleSince: 0,
    close() {
      isFit = false;
      client.end().catch(() => undefined);
    },
  };
}
