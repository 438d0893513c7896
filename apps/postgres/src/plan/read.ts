import { AppError } from '@plinth/contracts';
import type { Statement } from '../query/statement.ts';
import type { CountKind, RowsQuery } from '../request/ast.ts';
import { isAggregated } from './aggregate.ts';
import { afterPlace, type PlaceInOrder, placeAsJson } from './cursor.ts';
import { bodyOf, named } from './answer.ts';
import { createRoot } from './node.ts';
import { isTotal } from './order.ts';
import { type AnswerColumn, type Plan, type PlanRequest, planningFor } from './plan.ts';
import { type Cut, jsonRow, jsonRows, type Rows, rowsOf } from './rows.ts';
import { hasSystemColumns } from './scope.ts';
import { type Form, form, join, nothing, type Sql, sql, statement } from './sql.ts';

/**
 * - `list`: an array
 * - `one`: an object; two rows are read, so that `length` tells that there are several
 * - `none`: no body, for HEAD
 */
export type ReadShape = 'list' | 'one' | 'none';

export interface ReadRequest extends PlanRequest {
  query: RowsQuery;
  shape: ReadShape;
  /** The place that the page begins after; `first` for the first page of those that a cursor goes through. */
  page?: 'first' | PlaceInOrder;
  /** Asks where the page after this one begins, if there is one: this one has `limit` rows then. */
  hasNext?: boolean;
  /** Asks for the version of the only row. */
  hasVersion?: boolean;
}

export interface ReadPlan extends Plan {
  statement: Form;
  /** Answers how many rows Postgres thinks there are, as `explain` in JSON writes it. */
  estimate: Statement | undefined;
  /** The names of the columns, in order. */
  names: readonly string[];
}

/** Up to here an estimate is exact. */
export const COUNTED_ROWS = 1_000;

const total = (count: CountKind | undefined, { uncut }: Rows): Sql => {
  if (count === 'exact') return sql`(select pg_catalog.count(*) from (select ${uncut}) as n)`;
  if (count !== 'estimated') return sql`null`;
  return sql`(select pg_catalog.count(*) from (select ${uncut} limit 1001) as n)`;
};

const estimateOf = (count: CountKind | undefined, { uncut }: Rows): Statement | undefined =>
  count === undefined || count === 'exact'
    ? undefined
    : statement(sql`explain (format json) select ${uncut}`);

/** How many rows Postgres thinks that there are, from the answer to `estimate`. */
export function estimatedRows(answer: string): number | undefined {
  const [explained]: { Plan?: { 'Plan Rows'?: number } }[] = JSON.parse(answer);
  return explained?.Plan?.['Plan Rows'];
}

function prepare(request: ReadRequest) {
  const { table, query, shape, page } = request;
  const root = createRoot(planningFor(request), table, query);
  const hasPlace = page !== undefined && isTotal(root) && !isAggregated(query);
  if (Array.isArray(page) && !hasPlace) throw new AppError('CURSOR_INVALID');
  const hasVersion =
    request.hasVersion === true && !isAggregated(query) && hasSystemColumns(root.scope.planning, table);
  const cut: Cut = {
    after: (order) => (Array.isArray(page) ? afterPlace(order, page) : []),
    limit: shape === 'one' ? Math.min(query.limit ?? 2, 2) : query.limit,
    offset: query.offset,
    // An answer without rows has no order, but for the place where a page ends.
    isOrdered: shape !== 'none' || hasPlace,
    hasVersion,
    looksAhead: hasPlace && request.hasNext === true,
  };
  return { root, rows: rowsOf(root, cut), hasVersion };
}

/** What the one row is made from. What is asked of each row beside its JSON is asked of the rows of the table. */
function sourceOf(rows: Rows, shape: ReadShape, isAskedMore: boolean): { from: Sql; value: Sql } {
  const { list, value } = jsonRow(rows.outputs, sql`r`);
  const made = shape === 'none' ? nothing : list;
  if (!isAskedMore) return { from: sql`from (select ${made} ${rows.tail}) as r`, value };
  if (shape === 'none') return { from: rows.cut, value };
  return { from: sql`${rows.cut}, lateral (select ${made}) as r`, value };
}

export function planRead(request: ReadRequest): ReadPlan {
  const { preferences, shape, areNullsStripped } = request;
  const { root, rows, hasVersion } = prepare(request);
  const { ahead } = rows;
  const { from, value } = sourceOf(rows, shape, ahead !== undefined || hasVersion);
  const ofPage = ahead ? sql` filter (where ${ahead.isOfPage})` : nothing;
  const answers: [AnswerColumn, Sql][] = [
    ['body', shape === 'none' ? sql`null` : bodyOf(value, shape === 'one', areNullsStripped, ofPage)],
    ['length', sql`pg_catalog.count(*)${ofPage}`],
    ['total', total(preferences.count, rows)],
  ];
  if (ahead) {
    const last = sql`pg_catalog.array_agg(${placeAsJson(rows.order)}) filter (where ${ahead.isLast})`;
    answers.push(['last', sql`case when not pg_catalog.bool_and(${ahead.isOfPage}) then (${last})[1] end`]);
  }
  if (hasVersion) answers.push(['version', sql`pg_catalog.max(${root.scope.alias}.xmin::text)${ofPage}`]);
  const list = join(
    answers.map(([name, made]) => named(name, made)),
    ', ',
  );
  return {
    statement: form(sql`select ${list} ${from}`),
    columns: answers.map(([name]) => name),
    estimate: estimateOf(preferences.count, rows),
    names: rows.outputs.map(({ key }) => key),
  };
}

/** The same rows one by one, each an answered row of one column: for answers that are too long to be made at once. */
export function planLines(request: Omit<ReadRequest, 'shape' | 'page' | 'hasVersion'>): {
  statement: Statement;
  names: readonly string[];
} {
  const { rows } = prepare({ ...request, shape: 'list' });
  const { select, value } = jsonRows(rows, sql`r`);
  const line = request.areNullsStripped
    ? sql`pg_catalog.json_strip_nulls(pg_catalog.to_json(${value}))`
    : sql`pg_catalog.to_json(${value})`;
  return {
    statement: statement(sql`select ${line}::text as line from (${select}) as r`),
    names: rows.outputs.map(({ key }) => key),
  };
}
