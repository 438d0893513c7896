import { AppError } from '@plinth/contracts';
import type { Statement } from '../query/statement.ts';
import type { Preferences } from '../request/ast.ts';
import type { Table, WorkspaceSchema } from '../schema-cache/schema.ts';
import { createPlanning, type Planning, type Readable, type WhollyReadable } from './scope.ts';

// What a request comes to: one statement, and what its one row says.

/**
 * What the one row of a statement holds, each as text or null.
 * - `body` the finished JSON, null where none is asked for; `length` how many rows it holds
 * - `total` how many rows there are, of a count that was asked for
 * - `last` the order keys of the last row, which the next page begins after; null where there is none
 * - `version` of the only row that is read, for its ETag
 * - `affected` how many rows were written, `inserted` how many of them are new
 * - `key` the primary key of the only row that was written, as a JSON object
 * - `matched` how many rows the filters fit, whatever their versions
 * - `recorded` whether it is on record
 * - `unmatched` the keys of a bulk update that fit no row, as a JSON array of objects
 */
export type AnswerColumn =
  | 'body'
  | 'length'
  | 'total'
  | 'last'
  | 'version'
  | 'affected'
  | 'inserted'
  | 'key'
  | 'matched'
  | 'unmatched'
  | 'recorded';

export interface Plan {
  statement: Statement;
  /** What the row holds, in order. */
  columns: readonly AnswerColumn[];
}

/** What every plan is made from. */
export interface PlanRequest {
  schema: WorkspaceSchema;
  table: Table;
  preferences: Pick<Preferences, 'return' | 'count' | 'resolution' | 'missing' | 'maxAffected' | 'numbers'>;
  /** Whether the caller may select a column; every one, if it is not said. */
  isReadable?: Readable;
  isWhollyReadable?: WhollyReadable;
  /** Null members are left out of the body. */
  areNullsStripped?: boolean;
}

export const planningFor = ({
  schema,
  preferences,
  isReadable,
  isWhollyReadable,
}: Omit<PlanRequest, 'table'>): Planning =>
  createPlanning(schema, {
    isReadable,
    isWhollyReadable,
    hasNumbersAsText: preferences.numbers === 'string',
  });

/** A table of which the caller may do nothing is not told apart from one that is not there. */
export function findTable(
  schema: WorkspaceSchema,
  name: string,
  isKnown: (table: Table) => boolean = () => true,
): Table {
  const table = schema.tables.get(name);
  if (!table || !isKnown(table)) throw new AppError('TABLE_NOT_FOUND', { details: { table: name } });
  return table;
}
