import pg from 'pg';
import type { PreparedStatements } from './prepared-statements.ts';
import type { Statement } from './statement.ts';
import { encodePipeline, type Step } from './wire.ts';

// Several statements under one Sync, which Postgres runs as one transaction and answers in one round trip: all of them take
// effect, or none. It extends the driver by the interface that cursors and copies extend it by.

/** The columns of a statement's row as text, in order. */
export type Row = readonly (string | null)[];

export interface Outcome {
  /** One for each statement that was completed; empty where it answered no row. */
  rows: Row[];
  error: unknown;
}

const NO_ROW: Row = [];

export class OneSync implements pg.Submittable {
  readonly #statements: readonly Statement[];
  readonly #prepared: PreparedStatements | undefined;
  readonly #finish: (outcome: Outcome) => void;
  readonly #rows: Row[] = [];
  /** What is prepared by this very transaction. */
  readonly #added: string[] = [];
  #row: Row = NO_ROW;
  #error: unknown;

  /** Without a place for prepared statements, none is kept: a pooler of transactions gives each one another session. */
  constructor(
    statements: readonly Statement[],
    prepared: PreparedStatements | undefined,
    finish: (outcome: Outcome) => void,
  ) {
    this.#statements = statements;
    this.#prepared = prepared;
    this.#finish = finish;
  }

  submit(connection: pg.Connection): void {
    const outgrown = this.#prepared?.takeOutgrown() ?? [];
    const steps = this.#statements.map(({ text, values }) => this.#stepOf(text, values));
    connection.stream.write(encodePipeline(outgrown, steps));
  }

  #stepOf(text: string, values: Statement['values']): Step {
    if (!this.#prepared) return { name: '', text, values };
    const name = this.#prepared.find(text);
    if (name !== undefined) return { name, text: undefined, values };
    this.#added.push(text);
    return { name: this.#prepared.add(text), text, values };
  }

  handleDataRow({ fields }: { fields: Row }): void {
    this.#row = fields;
  }

  handleCommandComplete(): void {
    this.#rows.push(this.#row);
    this.#row = NO_ROW;
  }

  /** The driver forgets a query that failed, so the end of its transaction is heard of from the connection. */
  handleError(error: unknown, connection: pg.Connection): void {
    this.#error = error;
    // Whether the server came to prepare them is not known.
    this.#prepared?.forget(this.#added);
    if (!(error instanceof pg.DatabaseError)) {
      this.handleReadyForQuery();
      return;
    }
    const end = () => {
      connection.off('readyForQuery', end).off('end', end);
      this.handleReadyForQuery();
    };
    connection.on('readyForQuery', end).on('end', end);
  }

  handleReadyForQuery(): void {
    this.#finish({ rows: this.#rows, error: this.#error });
  }

  handleRowDescription(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}
