import { AppError } from '@plinth/contracts';
import type { Condition } from '../request/ast.ts';
import type { RowsBody } from '../request/body/rows-body.ts';
import type { Column } from '../schema-cache/schema.ts';
import { bodyJson, ofBody, partsOf, recordset, refuseField } from './body.ts';
import type { Guards } from './changing.ts';
import { assertInsertable, onConflict } from './insert.ts';
import { columnName, comparedType, tableName } from './identifiers.ts';
import { type Plan, planningFor } from './plan.ts';
import { createScope, findColumn, type Scope } from './scope.ts';
import { bind, join, type Sql, sql, where } from './sql.ts';
import { planSet } from './update.ts';
import { planWritten, type WriteRequest } from './written.ts';

export interface UpsertRequest extends WriteRequest, Guards {
  body: RowsBody;
  columns: readonly string[] | undefined;
}

/** `id=eq.5` for each column of the primary key, and nothing else. */
function keyOfUrl(scope: Scope, conditions: readonly Condition[]): Map<Column, string> {
  const { name, primaryKey } = scope.table;
  const values = new Map<Column, string>();
  for (const condition of conditions) {
    if (condition.kind !== 'test' || condition.isNegated || condition.field.steps.length > 0) continue;
    const { field, test, at } = condition;
    if (test.operator !== 'eq' || test.quantified) continue;
    values.set(findColumn(scope, field.column, at.parameter), test.value);
  }
  const isKey =
    primaryKey.length > 0 && [...values.keys()].every((column) => primaryKey.includes(column.name));
  if (!isKey || values.size !== primaryKey.length || conditions.length !== values.size) {
    const wanted = primaryKey.map((column) => `${column}=eq.…`).join('&') || 'none, it has no primary key';
    throw new AppError('INVALID_FILTER', {
      message: `The filters are to name one row of ${name} by its primary key: ${wanted}`,
      details: { primaryKey },
    });
  }
  return values;
}

/**
 * The row of a key: made, or set to the body. The body says the same key, else nothing is written and none is `affected`.
 * With `If-Match` there must be such a row, so it is an update.
 */
export function planUpsert(request: UpsertRequest): Plan {
  const { table, query, body, columns } = request;
  assertInsertable(table);
  const planning = planningFor(request);
  const scope = createScope(planning, table);
  const key = keyOfUrl(scope, query.where);
  if (body.count !== 1) throw refuseField('', 'rows', 'the body is the one row');
  const parts = partsOf(scope, body, { columns, missing: 'null' });
  const [part] = parts;
  const unsaid = [...key.keys()].filter((column) => !part?.columns.includes(column));
  if (!part || unsaid.length > 0) {
    throw refuseField(unsaid[0]?.name ?? '', 'required', 'the body must say the key that the filters say');
  }
  if (request.ifMatch) return planSet({ ...request, query: { ...query, limit: undefined } });

  const same = [...key].map(
    ([column, value]) => sql`${ofBody(column)} operator(pg_catalog.=) ${bind(value, comparedType(column))}`,
  );
  const list = (one: (column: Column) => Sql) => join(part.columns.map(one), ', ');
  const rows = sql`select ${list(ofBody)} from ${recordset(bodyJson(body), part.columns)}${where(same)}`;
  const conflict = onConflict([...key.keys()], 'merge-duplicates', part);
  const target = sql`${tableName(planning.schema, table)} as ${scope.alias} (${list(columnName)})`;
  return planWritten(request, {
    planning,
    write: (returning) => sql`w as (insert into ${target} ${rows}${conflict}${returning(scope.alias)})`,
    areNew: 'some',
    most: request.preferences.maxAffected,
    extras: [],
  });
}
