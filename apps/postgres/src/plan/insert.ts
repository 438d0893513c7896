import { AppError } from '@plinth/contracts';
import type { RowsBody } from '../request/body/rows-body.ts';
import type { Column, Table } from '../schema-cache/schema.ts';
import { bodyJson, numberedRecordset, ofBody, type Part, partsOf, recordset, refuseField } from './body.ts';
import { columnName, freeName, numbered, tableName } from './identifiers.ts';
import { type Plan, planningFor } from './plan.ts';
import { createScope, findColumn, type Planning, type Scope } from './scope.ts';
import { bind, join, nothing, type Sql, sql } from './sql.ts';
import { planWritten, type WriteRequest } from './written.ts';

export interface InsertRequest extends WriteRequest {
  body: RowsBody;
  columns: readonly string[] | undefined;
  /** The columns of a unique key; the primary key's, if none are named. */
  onConflict: readonly string[] | undefined;
  /** Of rows with one key that are merged the last counts, where otherwise there may be one. */
  isLastKept?: boolean;
}

const isSameKey = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === new Set(other).size && other.every((name) => one.includes(name));

/** The unique key that rows are the same by. */
function conflictKey(scope: Scope, named: readonly string[] | undefined): Column[] {
  const { table } = scope;
  const names = named ?? table.primaryKey;
  const columns = names.map((name) => findColumn(scope, name, 'on_conflict'));
  if (names.length === 0 || !table.uniqueKeys.some((key) => isSameKey(key, names))) {
    const keys = table.uniqueKeys.map((key) => `(${key.join(', ')})`).join(', ') || 'none';
    throw refuseField(
      'on_conflict',
      'no_unique_key',
      `rows can be the same by a unique key alone; those of ${table.name}: ${keys}`,
    );
  }
  return columns;
}

const excluded = (column: Column): Sql => sql`${columnName(column)} = excluded.${columnName(column)}`;

export function onConflict(
  key: readonly Column[],
  resolution: 'merge-duplicates' | 'ignore-duplicates',
  part: Part,
): Sql {
  const target = join(key.map(columnName), ', ');
  if (resolution === 'ignore-duplicates') return sql` on conflict (${target}) do nothing`;
  const others = part.columns.filter((column) => !key.includes(column));
  // Setting its key to itself changes nothing, but the row counts as met and is returned.
  const set = (others.length > 0 ? others : key.slice(0, 1)).map(excluded);
  return sql` on conflict (${target}) do update set ${join(set, ', ')}`;
}

/** Of several rows with one key the last; null is no key. */
function lastOfKey(rows: Sql, n: Sql, key: readonly Column[]): Sql {
  const columns = key.map(ofBody);
  const hasNull = join(
    columns.map((column) => sql`${column} is null`),
    ' or ',
  );
  const own = sql`case when ${hasNull} then b.${n} end`;
  const keys = join([...columns, own], ', ');
  return sql`(select distinct on (${keys}) b.* ${rows} order by ${keys}, b.${n} desc) as b`;
}

/** Rows whose objects have the part's keys, as a select for an insert. `key`: there is one row of it. */
function rowsOfPart(table: Table, value: Sql, { columns, objects }: Part, key: readonly Column[]): Sql {
  const list = join(columns.map(ofBody), ', ');
  const isKept = key.length > 0 && key.every((column) => columns.includes(column));
  if (!objects && !isKept) return sql`select ${list} from ${recordset(value, columns)}`;
  const n = freeName(table, 'ordinality');
  const numbered = sql`from ${numberedRecordset(value, columns, n)}`;
  const these = objects && bind(`{${objects.map((isOne) => (isOne ? 't' : 'f')).join(',')}}`, sql`boolean[]`);
  const rows = these ? sql`${numbered} where (${these})[b.${n}::integer]` : numbered;
  return isKept ? sql`select ${list} from ${lastOfKey(rows, n, key)}` : sql`select ${list} ${rows}`;
}

/** An insert for each part; one that leaves out a column leaves it to its default. */
function insertion(
  { planning: { schema }, table, alias }: Scope,
  body: RowsBody,
  parts: readonly Part[],
  conflict: (part: Part) => Sql,
  keptKey: readonly Column[],
) {
  const value = bodyJson(body);
  return (returning: (alias: Sql) => Sql): Sql => {
    const inserts = parts.map((part) => {
      const { columns } = part;
      const list = columns.length === 0 ? nothing : sql` (${join(columns.map(columnName), ', ')})`;
      const rows = rowsOfPart(table, value, part, keptKey);
      return sql`insert into ${tableName(schema, table)} as ${alias}${list} ${rows}${conflict(part)}${returning(alias)}`;
    });
    const [only, ...others] = inserts;
    if (only && others.length === 0) return sql`w as (${only})`;
    const names = inserts.map((_, index) => numbered('w', index));
    const each = names.map((name, index) => sql`${name} as (${inserts[index] ?? nothing})`);
    const all = join(
      names.map((name) => sql`select * from ${name}`),
      ' union all ',
    );
    return sql`${join(each, ', ')}, w as (${all})`;
  };
}

export function assertInsertable({ name, canInsert }: Table): void {
  if (!canInsert) throw new AppError('READ_ONLY', { message: `Rows of ${name} can only be read` });
}

/** Inserts, and with a resolution of duplicates updates or leaves alone the rows that are there. */
export function planInsert(request: InsertRequest): Plan {
  const { table, body, columns, preferences } = request;
  const { missing, resolution } = preferences;
  assertInsertable(table);
  const planning: Planning = planningFor(request);
  const scope = createScope(planning, table);
  const parts = partsOf(scope, body, { columns, missing });
  const key = resolution ? conflictKey(scope, request.onConflict) : [];
  const conflict = (part: Part) => (resolution ? onConflict(key, resolution, part) : nothing);
  const write = insertion(
    scope,
    body,
    parts.length > 0 ? parts : [{ columns: [], objects: undefined }],
    conflict,
    request.isLastKept && resolution === 'merge-duplicates' ? key : [],
  );
  return planWritten(request, {
    planning,
    write,
    areNew: resolution === 'merge-duplicates' ? 'some' : 'all',
    most: preferences.maxAffected,
    extras: [],
  });
}
