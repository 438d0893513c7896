import { AppError, validationError } from '@plinth/contracts';
import type { RowsBody } from '../request/body/rows-body.ts';
import type { Column } from '../schema-cache/schema.ts';
import { bodyJson, numberedRecordset, ofBody, onlyPart, partsOf, recordset, refuseField } from './body.ts';
import { assertCan, changingRows, type Guards, mostAffected, requireFilter } from './changing.ts';
import { columnName, freeName } from './identifiers.ts';
import { jsonObject, outputOf } from './outputs.ts';
import { type Plan, planningFor } from './plan.ts';
import { columnOf, createScope, findColumn, type Scope } from './scope.ts';
import { join, type Sql, sql, where } from './sql.ts';
import { planWritten, type WriteRequest } from './written.ts';

export interface UpdateRequest extends WriteRequest, Guards {
  body: RowsBody;
  columns: readonly string[] | undefined;
  /** Of a bulk update: the columns that tell which row each object is for. */
  on: readonly string[] | undefined;
}

const setTo = (columns: readonly Column[]): Sql =>
  join(
    columns.map((column) => sql`${columnName(column)} = ${ofBody(column)}`),
    ', ',
  );

const equals = (scope: Scope, column: Column): Sql =>
  sql`${columnOf(scope, column)} operator(pg_catalog.=) ${ofBody(column)}`;

export function planUpdate(request: UpdateRequest): Plan {
  const { on, body } = request;
  assertCan(request.table, 'canUpdate');
  if (on) return planBulkUpdate({ ...request, on });
  if (!body.isArray) return planSet(request);
  throw refuseField(
    '',
    'array',
    'one object says what all rows are set to; several need on=, which tells their rows apart',
  );
}

/** All rows that the filters fit are set to the one object of the body. */
export function planSet(request: Omit<UpdateRequest, 'on'>): Plan {
  const { table, query, preferences, body, columns } = request;
  requireFilter(table, query, request);
  const planning = planningFor(request);
  const scope = createScope(planning, table);
  const set = onlyPart(table, partsOf(scope, body, { columns, missing: 'null' }));
  const isOfKey = set.some(({ name }) => table.uniqueKeys.some((key) => key.includes(name)));
  const lock = isOfKey ? 'rows' : 'rows but their keys';
  const { before, source, others, conditions, extras } = changingRows(scope, query, request, lock);
  const from = join([recordset(bodyJson(body), set), ...others], ', ');
  return planWritten(request, {
    planning,
    write: (returning) =>
      sql`${before}w as (update ${source} set ${setTo(set)} from ${from}${where(conditions)}${returning(scope.alias)})`,
    areNew: 'none',
    most: mostAffected(preferences),
    extras,
  });
}

/** The columns that tell rows apart: those of a unique key, or several objects could be for one row. */
function tellingColumns(scope: Scope, on: readonly string[], set: readonly Column[]): Column[] {
  const { table } = scope;
  const columns = on.map((name) => findColumn(scope, name, 'on'));
  const isUnique = table.uniqueKeys.some(
    (key) => key.length === on.length && key.every((name) => on.includes(name)),
  );
  if (!isUnique) {
    const keys = table.uniqueKeys.map((key) => `(${key.join(', ')})`).join(', ') || 'none';
    throw refuseField(
      'on',
      'no_unique_key',
      `rows are told apart by a unique key; those of ${table.name}: ${keys}`,
    );
  }
  const missing = columns.filter((column) => !set.includes(column));
  if (missing.length > 0) {
    throw validationError(
      missing.map(({ name }) => ({
        path: name,
        code: 'required',
        message: 'every object needs what on= names',
      })),
    );
  }
  return columns;
}

/** Each object sets the row that it names; of two for one row the later one does. */
function planBulkUpdate(request: UpdateRequest & { on: readonly string[] }): Plan {
  const { table, query, preferences, body, columns, on } = request;
  if (query.limit !== undefined)
    throw new AppError('INVALID_RANGE', {
      message: 'Each object says which row it is for: there is no limit',
    });
  const planning = planningFor(request);
  const scope = createScope(planning, table);
  const all = onlyPart(table, partsOf(scope, body, { columns, missing: undefined }));
  const telling = tellingColumns(scope, on, all);
  const set = all.filter((column) => !telling.includes(column));
  if (set.length === 0) throw refuseField('', 'empty', `the body sets no column of ${table.name}`);

  const { source, conditions, extras } = changingRows(scope, query, request, 'none');
  const n = freeName(table, 'ordinality');
  const keys = join(telling.map(ofBody), ', ');
  const objects = sql`select distinct on (${keys}) ${join(all.map(ofBody), ', ')} from ${numberedRecordset(bodyJson(body), all, n)} order by ${keys}, b.${n} desc`;
  const filters = [...telling.map((column) => equals(scope, column)), ...conditions];
  const object = jsonObject(telling.map((column) => outputOf(planning, sql`b`, column)));
  const unmatched = sql`(select coalesce(pg_catalog.json_agg(${object}), '[]')::text from b where not exists (select from w where ${join(
    telling.map((column) => sql`w.${columnName(column)} operator(pg_catalog.=) ${ofBody(column)}`),
    ' and ',
  )}))`;
  return planWritten(request, {
    planning,
    write: (returning) =>
      sql`b as (${objects}), w as (update ${source} set ${setTo(set)} from b${where(filters)}${returning(scope.alias)})`,
    areNew: 'none',
    most: mostAffected(preferences),
    returned: telling,
    extras: [...extras, ['unmatched', unmatched]],
  });
}
