import type { Condition, RowsQuery } from './ast.ts';
import { embedsOf } from './embeds.ts';
import { LIMITS, tooComplex } from './limits.ts';

const countTests = (conditions: readonly Condition[]): number =>
  conditions.reduce((sum, one) => sum + ('conditions' in one ? countTests(one.conditions) : 1), 0);

const withEmbeds = (query: RowsQuery): RowsQuery[] => [query, ...embedsOf(query).flatMap(withEmbeds)];

/** What is allowed of the whole request, embedded tables and all. */
export function checkComplexity(url: RowsQuery): void {
  const queries = withEmbeds(url);
  if (queries.length - 1 > LIMITS.embeds) throw tooComplex('embeds');
  const tests = queries.reduce((sum, { where }) => sum + countTests(where), 0);
  if (tests > LIMITS.conditions) throw tooComplex('conditions');
}
