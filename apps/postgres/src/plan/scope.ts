import { AppError } from '@plinth/contracts';
import type { Column, Table, WorkspaceSchema } from '../schema-cache/schema.ts';
import { columnName, numbered } from './identifiers.ts';
import { closestNames } from './closest.ts';
import { type Sql, sql } from './sql.ts';

// What a part of a plan is about: one table under one alias, and which of its columns were needed.

/** Whether the caller may select a column. Postgres refuses by itself; asked here, a hidden column is refused the same way everywhere. */
export type Readable = (table: Table, column: Column) => boolean;

/** Whether the caller may select from a table as a whole, and so its system columns: the right to each column is not enough. */
export type WhollyReadable = (table: Table) => boolean;

export interface Planning {
  schema: WorkspaceSchema;
  isReadable: Readable;
  isWhollyReadable: WhollyReadable;
  /** int8 and numeric are answered as JSON strings. */
  hasNumbersAsText: boolean;
  /** Aliases given so far. */
  aliases: number;
}

export interface Scope {
  planning: Planning;
  table: Table;
  alias: Sql;
  /** The columns that were named: what a level below must hand up. */
  used: Set<Column>;
  /** How the request leads here, for messages: `` at the top, `author.` in an embed. */
  path: string;
}

export const createPlanning = (
  schema: WorkspaceSchema,
  {
    isReadable = () => true,
    isWhollyReadable = () => true,
    hasNumbersAsText,
  }: {
    isReadable: Readable | undefined;
    isWhollyReadable: WhollyReadable | undefined;
    hasNumbersAsText: boolean;
  },
): Planning => ({
  schema,
  isReadable,
  isWhollyReadable,
  hasNumbersAsText,
  aliases: 0,
});

export function createScope(planning: Planning, table: Table, path = ''): Scope {
  const alias = numbered('t', planning.aliases);
  planning.aliases += 1;
  return { planning, table, alias, used: new Set(), path };
}

const refuseColumn = ({ table }: Scope, column: Column, parameter: string): AppError =>
  new AppError('PERMISSION_DENIED', {
    message: `The caller may not read the column ${column.name} of ${table.name}`,
    details: { table: table.name, column: column.name, parameter },
  });

export const readableColumns = ({ isReadable }: Planning, table: Table): Column[] =>
  [...table.columns.values()].filter((column) => isReadable(table, column));

export function columnNotFound({ planning, table }: Scope, name: string, parameter: string): AppError {
  const closest = closestNames(
    name,
    readableColumns(planning, table).map((column) => column.name),
  );
  const hint = closest[0] === undefined ? '' : `; did you mean ${closest[0]}?`;
  return new AppError('COLUMN_NOT_FOUND', {
    message: `${parameter} names a column that ${table.name} does not have${hint}`,
    details: { table: table.name, column: name, parameter, closest },
  });
}

export function findColumn(scope: Scope, name: string, parameter: string): Column {
  const column = scope.table.columns.get(name);
  if (!column) throw columnNotFound(scope, name, parameter);
  return useColumn(scope, column, parameter);
}

export function useColumn(scope: Scope, column: Column, parameter: string): Column {
  if (!scope.planning.isReadable(scope.table, column)) throw refuseColumn(scope, column, parameter);
  scope.used.add(column);
  return column;
}

/** Whether rows have system columns that the caller may read, such as what tells one version from another; those of views have none. */
export const hasSystemColumns = ({ isWhollyReadable }: Planning, table: Table): boolean =>
  (table.kind === 'table' || table.kind === 'materializedView') && isWhollyReadable(table);

/** A column of a key, which the schema names: that it is there is the schema's own promise. */
export function keyColumn(table: Table, name: string): Column {
  const column = table.columns.get(name);
  if (!column) throw new Error('a key of a column that the schema does not hold');
  return column;
}

export const columnOf = ({ alias }: Scope, column: Column): Sql => sql`${alias}.${columnName(column)}`;
