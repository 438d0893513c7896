import type { Statement } from '../query/statement.ts';
import type { RowsBody } from '../request/body/rows-body.ts';
import { bodyJson, ofBody, partsOf, recordset } from './body.ts';
import { type InsertRequest, planInsert } from './insert.ts';
import { type Plan, planningFor } from './plan.ts';
import { createScope } from './scope.ts';
import { sql, statement } from './sql.ts';

// Rows of any number are the insert of a few, again and again: what holds there holds here.

export interface ImportPlan {
  /** The columns of all rows, as the first of them have them. */
  columns: readonly string[];
  insert(body: RowsBody): Plan;
  /** For each column of a row a statement that fails where its value does not fit the type. */
  probes(row: RowsBody): { column: string; statement: Statement }[];
}

export function planImport(asked: InsertRequest): ImportPlan {
  // Of rows in different statements it is the last anyway, and how many there are is known when all have come.
  const preferences = { ...asked.preferences, maxAffected: undefined };
  const request = { ...asked, preferences, isLastKept: true };
  const columns = request.columns ?? request.body.columns;
  const first = planInsert(request);
  return {
    columns,
    insert: (body) => (body === request.body ? first : planInsert({ ...request, body, columns })),
    probes(row) {
      const scope = createScope(planningFor(request), request.table);
      const parts = partsOf(scope, row, { columns, missing: 'null' });
      return parts.flatMap((part) =>
        part.columns.map((column) => ({
          column: column.name,
          statement: statement(
            sql`select pg_catalog.count(${ofBody(column)}) from ${recordset(bodyJson(row), [column])}`,
          ),
        })),
      );
    },
  };
}
