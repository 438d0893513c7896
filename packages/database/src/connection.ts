import { AppError } from '@plinth/contracts';
import type pg from 'pg';
import { isConnectionFault, isNoAnswer, toFault } from './faults.ts';

interface TimedQuery extends pg.QueryConfig {
  query_timeout: number;
}

export type RunQuery = <Row extends pg.QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<pg.QueryResult<Row>>;

/** One query after the other on one connection, all before the deadline; afterwards `connection` says if it still works. */
export function queryRunner(
  client: pg.PoolClient,
  deadline: number,
  connection: { broken: boolean },
): RunQuery {
  let previous: Promise<unknown> = Promise.resolve();

  async function send<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>> {
    const timed: TimedQuery = {
      text,
      ...(values && { values: [...values] }),
      query_timeout: Math.max(1, deadline - Date.now()),
    };
    try {
      return await client.query<Row>(timed);
    } catch (error) {
      connection.broken ||= isConnectionFault(error) || isNoAnswer(error);
      throw toFault(error);
    }
  }

  return <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => {
    const next = previous.then(() => send<Row>(text, values));
    previous = next.catch(() => undefined);
    return next;
  };
}

/** A connection from the pool's queue, or OVERLOADED; one that comes too late goes straight back. */
export function withinQueueTime(
  connecting: Promise<pg.PoolClient>,
  timeoutMs: number,
): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const due = performance.now() + timeoutMs;
    function giveUp(): void {
      waiting = false;
      reject(new AppError('OVERLOADED', { cause: new Error('no database connection became free in time') }));
    }
    // A timer that is late says that this process had no turn, and answers may be waiting to be read: that time is given again.
    let timer = setTimeout(() => {
      timer = setTimeout(giveUp, Math.min(performance.now() - due, timeoutMs));
    }, timeoutMs);
    connecting.then(
      (client) => {
        clearTimeout(timer);
        if (waiting) resolve(client);
        else client.release();
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
