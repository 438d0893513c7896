import type { AnswerColumn } from './plan.ts';
import { nothing, type Sql, sql } from './sql.ts';

// The one row that a statement answers.

/** Rows as the text of an array, or the first of them as that of an object. */
export const bodyOf = (
  value: Sql,
  isOne: boolean,
  areNullsStripped: boolean | undefined,
  filter: Sql = nothing,
): Sql => {
  const all = sql`pg_catalog.json_agg(${value})${filter}`;
  const rows = isOne ? sql`(${all} operator(pg_catalog.->) 0)` : sql`coalesce(${all}, '[]')`;
  return areNullsStripped ? sql`pg_catalog.json_strip_nulls(${rows})::text` : sql`${rows}::text`;
};

const NAMES: Record<AnswerColumn, Sql> = {
  body: sql`body`,
  length: sql`length`,
  total: sql`total`,
  last: sql`last`,
  version: sql`version`,
  affected: sql`affected`,
  inserted: sql`inserted`,
  key: sql`key`,
  matched: sql`matched`,
  unmatched: sql`unmatched`,
  recorded: sql`recorded`,
};

/** An answer that was given its name before, under an alias. */
export const answeredAs = (alias: Sql, name: AnswerColumn): Sql => sql`${alias}.${NAMES[name]}`;

export const named = (name: AnswerColumn, value: Sql): Sql => sql`${value} as ${NAMES[name]}`;
