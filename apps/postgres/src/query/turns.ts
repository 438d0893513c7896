import type pg from 'pg';
import { OneSync, type Outcome, type Row } from './one-sync.ts';
import type { Pace } from './pace.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import type { Statement } from './statement.ts';

// Several transactions sent in one piece, each under a Sync of its own: they take effect, or not, one by one, and cost the way
// to the server once.

export interface Turn {
  statements: readonly Statement[];
  /** How long it may take, once it is what the server is at. */
  timeoutMs: number;
  /** Of a caller who may leave. */
  signal: AbortSignal | undefined;
  /** How many statements come before the first of the request. */
  own: number;
  /** How long others like it took, and where it tells how long it did. */
  pace: Pace;
  settle(rows: () => readonly Row[]): void;
  /** It has to be run once more, by itself: what went wrong, or takes so long, is another's doing. */
  runAlone(): void;
}

interface Course {
  client: pg.Client;
  prepared: PreparedStatements | undefined;
  /** Told of each when the server comes to it, and of what came of it. */
  begin(turn: Turn): void;
  end(turn: Turn, outcome: Outcome): void;
}

/** Comes back when the last of them has ended. */
export function runTurns(turns: readonly Turn[], { client, prepared, begin, end }: Course): Promise<void> {
  return new Promise((resolve) => {
    let ended = 0;
    const syncs = turns.map(
      (turn) =>
        new OneSync(turn.statements, prepared, (outcome) => {
          end(turn, outcome);
          ended += 1;
          next();
        }),
    );

    function next(): void {
      const [turn, sync] = [turns[ended], syncs[ended]];
      if (!turn || !sync) {
        resolve();
        return;
      }
      begin(turn);
      client.query(sync);
    }

    client.connection.stream.write(Buffer.concat(syncs.map((sync) => sync.encode())));
    next();
  });
}
