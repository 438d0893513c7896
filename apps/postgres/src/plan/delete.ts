import { assertCan, changingRows, type Guards, mostAffected, requireFilter } from './changing.ts';
import { type Plan, planningFor } from './plan.ts';
import { createScope } from './scope.ts';
import { join, nothing, sql, where } from './sql.ts';
import { planWritten, type WriteRequest } from './written.ts';

export interface DeleteRequest extends WriteRequest, Guards {
  /** Whether the caller may lock the rows that it may delete, and no others. */
  isLockable?: boolean;
}

export function planDelete(request: DeleteRequest): Plan {
  const { table, query, preferences, isLockable = false } = request;
  assertCan(table, 'canDelete');
  requireFilter(table, query, request);
  const planning = planningFor(request);
  const scope = createScope(planning, table);
  const lock = isLockable ? 'rows' : 'none';
  const { before, source, others, conditions, extras } = changingRows(scope, query, request, lock);
  const using = others.length === 0 ? nothing : sql` using ${join(others, ', ')}`;
  return planWritten(request, {
    planning,
    write: (returning) =>
      sql`${before}w as (delete from ${source}${using}${where(conditions)}${returning(scope.alias)})`,
    areNew: 'none',
    most: mostAffected(preferences),
    extras,
  });
}
