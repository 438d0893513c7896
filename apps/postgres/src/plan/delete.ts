import { assertCan, changingRows, type Guards, mostAffected, requireFilter } from './changing.ts';
import { type Plan, planningFor } from './plan.ts';
import { createScope } from './scope.ts';
import { sql, where } from './sql.ts';
import { planWritten, type WriteRequest } from './written.ts';

export type DeleteRequest = WriteRequest & Guards;

export function planDelete(request: DeleteRequest): Plan {
  const { table, query, preferences } = request;
  assertCan(table, 'canDelete');
  requireFilter(table, query, request);
  const planning = planningFor(request);
  const scope = createScope(planning, table);
  const { source, conditions, extras } = changingRows(scope, query, request);
  return planWritten(request, {
    planning,
    write: (returning) => sql`w as (delete from ${source}${where(conditions)}${returning(scope.alias)})`,
    areNew: 'none',
    most: mostAffected(preferences),
    extras,
  });
}
