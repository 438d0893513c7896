import type pg from 'pg';
import { afterError, type Outcome, Preparation, type Row } from './one-sync.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import type { Statement } from './statement.ts';
import { encodeMore, encodeSync } from './wire.ts';

// The rows of the last of several statements, some at a time: while some are taken the next come, and no more than those, so that
// neither side ever holds more than a few hundred kilobytes of them. The Sync is sent at the end, for it would end the transaction.

export type TakeRows = (rows: readonly Row[]) => Promise<void>;

const FIRST_ROWS = 50;
const MAX_ROWS = 5_000;
/** With twice as many what waits to be handed on outlives collections, and an export of a million rows costs 160 MB in place of 60. */
const WANTED_CHARACTERS = 128 * 1024;

export class RowStream implements pg.Submittable {
  readonly #statements: readonly Statement[];
  readonly #preparation: Preparation;
  readonly #take: TakeRows;
  readonly #finish: (outcome: Outcome) => void;
  /** Of the statements before the last. */
  readonly #done: Row[] = [];
  #rows: Row[] = [];
  #characters = 0;
  #error: unknown;
  /** The server has sent all that it was asked for: some rows, or the last of them. */
  #hasSent = false;
  #isLast = false;
  #isTaking = false;
  #isSynced = false;

  constructor(
    statements: readonly Statement[],
    prepared: PreparedStatements | undefined,
    take: TakeRows,
    finish: (outcome: Outcome) => void,
  ) {
    this.#statements = statements;
    this.#preparation = new Preparation(prepared);
    this.#take = take;
    this.#finish = finish;
  }

  submit(connection: pg.Connection): void {
    connection.stream.write(this.#preparation.encode(this.#statements, FIRST_ROWS));
  }

  handleDataRow({ fields }: { fields: Row }): void {
    this.#rows.push(fields);
    for (const field of fields) this.#characters += field?.length ?? 0;
  }

  handlePortalSuspended(connection: pg.Connection): void {
    this.#hasSent = true;
    void this.#handOn(connection);
  }

  handleCommandComplete(_: unknown, connection: pg.Connection): void {
    if (this.#done.length < this.#statements.length - 1) {
      this.#done.push(this.#rows.pop() ?? []);
      this.#characters = 0;
      return;
    }
    this.#isLast = true;
    this.handlePortalSuspended(connection);
  }

  /** Whoever takes the rows may fail, which ends the transaction like any other failure of theirs. */
  async #handOn(connection: pg.Connection): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    try {
      while (this.#hasSent && !this.#isSynced) {
        const rows = this.#rows;
        const isLast = this.#isLast;
        if (!isLast) this.#askForMore(connection);
        if (rows.length > 0) await this.#take(rows);
        if (isLast) this.#sync(connection);
      }
    } catch (error) {
      this.#error ??= error;
      this.#sync(connection);
    }
    this.#isTaking = false;
  }

  #askForMore(connection: pg.Connection): void {
    const average = 1 + this.#characters / this.#rows.length;
    const next = Math.max(1, Math.min(MAX_ROWS, Math.floor(WANTED_CHARACTERS / average)));
    this.#rows = [];
    this.#characters = 0;
    this.#hasSent = false;
    connection.stream.write(encodeMore(next));
  }

  #sync(connection: pg.Connection): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    if (connection.stream.writable) connection.stream.write(encodeSync());
  }

  handleError(error: unknown, connection: pg.Connection): void {
    this.#error ??= error;
    this.#preparation.fail();
    this.#sync(connection);
    afterError(error, connection, () => this.handleReadyForQuery());
  }

  handleReadyForQuery(): void {
    this.#finish({ rows: this.#done, error: this.#error });
  }

  handleRowDescription(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}
