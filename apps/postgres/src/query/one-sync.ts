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

/** Names what is prepared on the connection already, and says what has to be. */
export class Preparation {
  readonly #prepared: PreparedStatements | undefined;
  readonly #added: string[] = [];

  /** Without a place for prepared statements, none is kept: a pooler of transactions gives each one another session. */
  constructor(prepared: PreparedStatements | undefined) {
    this.#prepared = prepared;
  }

  encode(statements: readonly Statement[], maxRows = 0): Buffer {
    const outgrown = this.#prepared?.takeOutgrown() ?? [];
    const steps = statements.map(({ text, values }) => this.#stepOf(text, values));
    return encodePipeline(outgrown, steps, maxRows);
  }

  #stepOf(text: string, values: Statement['values']): Step {
    if (!this.#prepared) return { name: '', text, values };
    const name = this.#prepared.find(text);
    if (name !== undefined) return { name, text: undefined, values };
    this.#added.push(text);
    return { name: this.#prepared.add(text), text, values };
  }

  /** Whether the server came to prepare what was new is not known. */
  fail(): void {
    this.#prepared?.forget(this.#added);
  }
}

/** The driver forgets a query that failed, so the end of its transaction is heard of from the connection. */
export function afterError(error: unknown, connection: pg.Connection, finish: () => void): void {
  if (!(error instanceof pg.DatabaseError)) {
    finish();
    return;
  }
  const end = () => {
    connection.off('readyForQuery', end).off('end', end);
    finish();
  };
  connection.on('readyForQuery', end).on('end', end);
}

export class OneSync implements pg.Submittable {
  readonly #statements: readonly Statement[];
  readonly #preparation: Preparation;
  readonly #finish: (outcome: Outcome) => void;
  readonly #rows: Row[] = [];
  #row: Row = NO_ROW;
  #error: unknown;
  #isSent = false;

  constructor(
    statements: readonly Statement[],
    prepared: PreparedStatements | undefined,
    finish: (outcome: Outcome) => void,
  ) {
    this.#statements = statements;
    this.#preparation = new Preparation(prepared);
    this.#finish = finish;
  }

  submit(connection: pg.Connection): void {
    if (!this.#isSent) connection.stream.write(this.encode());
  }

  /** For whoever sends it along with others; the driver is then given it when its answer is the next to come. */
  encode(): Buffer {
    this.#isSent = true;
    return this.#preparation.encode(this.#statements);
  }

  handleDataRow({ fields }: { fields: Row }): void {
    this.#row = fields;
  }

  handleCommandComplete(): void {
    this.#rows.push(this.#row);
    this.#row = NO_ROW;
  }

  handleError(error: unknown, connection: pg.Connection): void {
    this.#error = error;
    this.#preparation.fail();
    afterError(error, connection, () => this.handleReadyForQuery());
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
