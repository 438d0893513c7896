import { AppError, validationError } from '@plinth/contracts';
import type { Column, Table } from '../schema-cache/schema.ts';
import { columnName, typeOf } from './identifiers.ts';
import { columnNotFound, type Scope } from './scope.ts';
import { bind, join, type Sql, sql } from './sql.ts';

// The body of a write as rows. It is one parameter, taken apart in Postgres, so that no number loses a digit on the way.

export interface WrittenBody {
  /** JSON as it was sent: an object, or an array of objects. */
  text: string;
  isArray: boolean;
  /** The sets of keys that its objects have, each once, in the order of their first object. */
  shapes: readonly (readonly string[])[];
  /** Which of these each object has. */
  shapeOf: readonly number[];
}

export function refuseField(path: string, code: string, message: string): AppError {
  return validationError([{ path, code, message }]);
}

function writtenColumn(scope: Scope, name: string, parameter: string): Column {
  const column = scope.table.columns.get(name);
  if (!column) throw columnNotFound(scope, name, parameter);
  if (column.isGenerated) {
    throw refuseField(column.name, 'generated', `${column.name} is written by the database alone`);
  }
  return column;
}

const isSame = (one: ReadonlySet<string>, others: readonly string[]): boolean =>
  one.size === new Set(others).size && others.every((name) => one.has(name));

/** Each set of columns that some of the objects set, and which objects these are; undefined is all of them. */
export interface Part {
  columns: readonly Column[];
  shapes: readonly number[] | undefined;
}

/** Columns that an object does not have become null, or with `missing=default` are left to the table. */
export function partsOf(
  scope: Scope,
  body: WrittenBody,
  { columns, missing }: { columns: readonly string[] | undefined; missing: 'default' | 'null' | undefined },
): Part[] {
  const parameter = columns ? 'columns' : 'the body';
  const names = [...new Set(columns ?? body.shapes.flat())];
  const found = names.map((name) => writtenColumn(scope, name, parameter));
  const isUniform = body.shapes.every((shape) => names.every((name) => shape.includes(name)));
  if (isUniform || missing === 'null' || (columns && missing === undefined))
    return [{ columns: found, shapes: undefined }];
  if (missing === undefined) {
    throw refuseField(
      '',
      'keys',
      'the objects have different keys: name the columns with columns, or say what a missing one is with Prefer: missing=default or missing=null',
    );
  }
  const parts: { names: ReadonlySet<string>; shapes: number[] }[] = [];
  for (const [index, shape] of body.shapes.entries()) {
    const wanted = names.filter((name) => shape.includes(name));
    const same = parts.find((part) => isSame(part.names, wanted));
    if (same) same.shapes.push(index);
    else parts.push({ names: new Set(wanted), shapes: [index] });
  }
  if (parts.length > MAX_PARTS) {
    throw new AppError('TOO_COMPLEX', {
      message: `The objects have more than ${MAX_PARTS} different sets of keys`,
    });
  }
  return parts.map(({ names, shapes }) => ({ columns: found.filter(({ name }) => names.has(name)), shapes }));
}

const MAX_PARTS = 16;

/** A body names one column at the least. */
export function onlyPart(table: Table, parts: readonly Part[]): readonly Column[] {
  const [part, ...others] = parts;
  if (!part || others.length > 0) throw refuseField('', 'keys', 'the objects must have the same keys');
  if (part.columns.length === 0) throw refuseField('', 'empty', `the body sets no column of ${table.name}`);
  return part.columns;
}

/** The body as one parameter of a statement. */
export const json = ({ text, isArray }: WrittenBody): Sql => bind(isArray ? text : `[${text}]`, sql`json`);

const fields = (columns: readonly Column[]): Sql =>
  join(
    columns.map((column) => sql`${columnName(column)} ${typeOf(column)}`),
    ', ',
  );

/** The body as rows of these columns, called `b`. */
export const recordset = (body: Sql, columns: readonly Column[]): Sql =>
  columns.length === 0
    ? sql`pg_catalog.json_array_elements(${body}) as b`
    : sql`pg_catalog.json_to_recordset(${body}) as b(${fields(columns)})`;

/** The same with the number of each object, from 1, in `n`, a name that no column of the table has. */
export const numberedRecordset = (body: Sql, columns: readonly Column[], n: Sql): Sql =>
  columns.length === 0
    ? sql`pg_catalog.json_array_elements(${body}) with ordinality as b(v, ${n})`
    : sql`rows from (pg_catalog.json_to_recordset(${body}) as (${fields(columns)})) with ordinality as b(${join([...columns.map(columnName), n], ', ')})`;

export const ofBody = (column: Column): Sql => sql`b.${columnName(column)}`;
