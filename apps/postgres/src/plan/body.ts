import { AppError, validationError } from '@plinth/contracts';
import type { RowsBody } from '../request/body/rows-body.ts';
import type { Column, Table } from '../schema-cache/schema.ts';
import { columnName, typeOf } from './identifiers.ts';
import { columnNotFound, type Scope } from './scope.ts';
import { bind, join, type Sql, sql } from './sql.ts';

// The body of a write as rows. It is one parameter, taken apart in Postgres, so that no number loses a digit on the way.

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

/** The objects that set the same columns: which of them these are, by their numbers; undefined is all. */
export interface Part {
  columns: readonly Column[];
  objects: readonly boolean[] | undefined;
}

/** Each different set of columns is an insert of its own. */
const MAX_PARTS = 16;

function partsByKeys({ json, isArray }: RowsBody, columns: readonly Column[]): Part[] {
  const parsed: unknown = JSON.parse(String(json));
  const objects: unknown[] = isArray && Array.isArray(parsed) ? parsed : [parsed];
  const parts = new Map<string, { columns: readonly Column[]; objects: boolean[] }>();
  for (const [index, object] of objects.entries()) {
    const set = columns.filter(({ name }) => Object.hasOwn(Object(object), name));
    const key = set.map(({ position }) => position).join(',');
    const part = parts.get(key) ?? { columns: set, objects: objects.map(() => false) };
    part.objects[index] = true;
    parts.set(key, part);
    if (parts.size > MAX_PARTS) {
      throw new AppError('TOO_COMPLEX', {
        message: `The objects have more than ${MAX_PARTS} different sets of keys`,
      });
    }
  }
  return [...parts.values()];
}

/** Columns that an object does not have become null, or with `missing=default` are left to the table. */
export function partsOf(
  scope: Scope,
  body: RowsBody,
  { columns, missing }: { columns: readonly string[] | undefined; missing: 'default' | 'null' | undefined },
): Part[] {
  const names = [...new Set(columns ?? body.columns)];
  const found = names.map((name) => writtenColumn(scope, name, columns ? 'columns' : 'the body'));
  const hasAll = body.isUniform && names.every((name) => body.columns.includes(name));
  if (hasAll || missing === 'null' || (columns && missing === undefined)) {
    return [{ columns: found, objects: undefined }];
  }
  if (missing === 'default') return partsByKeys(body, found);
  throw refuseField(
    '',
    'keys',
    'the objects have different keys: name the columns with columns, or say what a missing one is with Prefer: missing=default or missing=null',
  );
}

/** A body names one column at the least. */
export function onlyPart(table: Table, parts: readonly Part[]): readonly Column[] {
  const [part, ...others] = parts;
  if (!part || others.length > 0) throw refuseField('', 'keys', 'the objects must have the same keys');
  if (part.columns.length === 0) throw refuseField('', 'empty', `the body sets no column of ${table.name}`);
  return part.columns;
}

/** The body as one parameter of a statement. */
export const bodyJson = ({ json, isArray }: RowsBody): Sql => bind(isArray ? json : `[${json}]`, sql`json`);

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
