import type { RowsQuery } from '../request/ast.ts';
import type { Column, Table } from '../schema-cache/schema.ts';
import { columnName, freeName } from './identifiers.ts';
import { createNode } from './node.ts';
import type { AnswerColumn, Plan, PlanRequest } from './plan.ts';
import { answeredAs, bodyOf, named } from './answer.ts';
import { jsonObject, outputOf } from './outputs.ts';
import { jsonRows, rowsOf } from './rows.ts';
import { createScope, hasSystemColumns, keyColumn, type Planning } from './scope.ts';
import { bind, join, type Sql, sql, statement } from './sql.ts';

// What every write has in common: the rows that it wrote are a common table expression, `w`, which the answer is then read from
// like any table, embeds included.

export interface WriteRequest extends PlanRequest {
  /** What of the written rows is answered, and which rows are written. */
  query: RowsQuery;
  /** The one row is answered as an object. */
  isOne?: boolean;
  record?: Recording | undefined;
}

/** The statement itself records what it answers, unless it did something else than it was asked for: then it undoes that. */
export interface Recording {
  /** Of the key of the request. */
  hash: string;
  /** How many rows are to be written. */
  needs: 'any' | 'some' | 'one';
}

export interface Written {
  planning: Planning;
  /** The common table expressions that write, the last of them `w`, given what they are to return of a table under an alias. */
  write: (returning: (alias: Sql) => Sql) => Sql;
  /** Whether the rows are all new, or none, or to be told apart. The key of a new one is answered. */
  areNew: 'all' | 'some' | 'none';
  /** How many rows it may touch at most. */
  most: number | undefined;
  /** Columns of the written rows that the extras speak of. */
  returned?: readonly Column[];
  extras: readonly (readonly [AnswerColumn, Sql])[];
}

function answeredKey({ table, preferences }: WriteRequest, { isReadable }: Planning): Column[] {
  if (preferences.return !== 'headers-only' && preferences.return !== 'representation') return [];
  const columns = table.primaryKey.map((name) => keyColumn(table, name));
  return columns.every((column) => isReadable(table, column)) ? columns : [];
}

/** The rows that are answered, as a table of one row: `body` and `length`. */
function representation(
  request: WriteRequest,
  planning: Planning,
): { answer: Sql; used: ReadonlySet<Column> } {
  const { table, query, preferences, areNullsStripped, isOne = false } = request;
  if (preferences.return !== 'representation')
    return { answer: sql`select null as body, null as length`, used: new Set() };
  const scope = createScope(planning, table);
  const node = createNode(scope, { ...query, where: [] }, { source: sql`w as ${scope.alias}` });
  const { limit, offset } = query;
  const isOrdered = limit !== undefined || offset !== undefined;
  const rows = rowsOf(node, { after: () => [], limit, offset, isOrdered, hasVersion: false });
  const { select, value } = jsonRows(rows, sql`r`);
  const answer = sql`select ${bodyOf(value, isOne, areNullsStripped)} as body, pg_catalog.count(*) as length from (${select}) as r`;
  return { answer, used: scope.used };
}

function returningOf(table: Table, columns: readonly Column[], hasInserted: boolean, alias: Sql): Sql {
  const all = columns.map((column) => sql`${alias}.${columnName(column)}`);
  if (hasInserted) all.push(sql`(${alias}.xmax operator(pg_catalog.=) 0) as ${freeName(table, 'inserted')}`);
  return all.length === 0 ? sql` returning 1` : sql` returning ${join(all, ', ')}`;
}

/** A write that touches more rows than it may fails, and nothing of it stays. */
const guarded = (affected: Sql, most: number | undefined): Sql => {
  if (most === undefined) return affected;
  const limit = bind(String(most), sql`bigint`);
  return sql`case when ${affected} operator(pg_catalog.>) ${limit} then plinth.refuse_affected(${affected}, ${limit}) else ${affected} end`;
};

/** Unknown, where that would be told by a column that the caller may not read. */
function insertedOf(table: Table, areNew: Written['areNew'], isTold: boolean): Sql {
  if (areNew === 'all') return sql`pg_catalog.count(*)`;
  return isTold ? sql`pg_catalog.count(*) filter (where w.${freeName(table, 'inserted')})` : sql`null`;
}

export function planWritten(
  request: WriteRequest,
  { planning, write, areNew, most, returned = [], extras }: Written,
): Plan {
  const { table } = request;
  const key = areNew === 'none' ? [] : answeredKey(request, planning);
  const hasInserted = areNew === 'some' && hasSystemColumns(planning, table);
  const { answer, used } = representation(request, planning);
  const columns = [...new Set([...used, ...key, ...returned])];
  const inserted = insertedOf(table, areNew, hasInserted);
  const answers: (readonly [AnswerColumn, Sql])[] = [
    ['body', sql`a.body`],
    ['length', sql`a.length`],
    ['total', sql`null`],
    ['affected', guarded(sql`n.affected`, most)],
    ['inserted', sql`n.inserted`],
  ];
  if (key.length > 0) {
    const object = jsonObject(key.map((column) => outputOf(planning, sql`w`, column)));
    answers.push([
      'key',
      sql`case when n.affected operator(pg_catalog.=) 1 then (select ${object}::text from w) end`,
    ]);
  }
  answers.push(...extras);
  const names = answers.map(([name]) => name);
  const list = join(
    answers.map(([name, value]) => named(name, value)),
    ', ',
  );
  const ctes = write((alias) => returningOf(table, columns, hasInserted, alias));
  const counts = sql`select pg_catalog.count(*) as affected, ${inserted} as inserted from w`;
  const select = sql`select ${list} from (${answer}) as a, (${counts}) as n`;
  return request.record
    ? recorded(request.record, { ctes, select, names })
    : { statement: statement(sql`with ${ctes} ${select}`), columns: names };
}

/** What is recorded, as it is answered again. */
const RECORDED = [
  'body',
  'affected',
  'inserted',
  'key',
  'unmatched',
] as const satisfies readonly AnswerColumn[];

const AS_ASKED: Record<Recording['needs'], Sql> = {
  any: sql`true`,
  some: sql`o.affected operator(pg_catalog.>) 0`,
  one: sql`o.affected operator(pg_catalog.=) 1`,
};

function recorded(
  { hash, needs }: Recording,
  { ctes, select, names }: { ctes: Sql; select: Sql; names: readonly AnswerColumn[] },
): Plan {
  const o = sql`o`;
  const answered = (name: AnswerColumn): Sql =>
    named(name, names.includes(name) ? answeredAs(o, name) : sql`null`);
  const row = sql`(select pg_catalog.row_to_json(r.*)::text from (select ${join(RECORDED.map(answered), ', ')}) as r)`;
  const matched = names.includes('matched') ? answeredAs(o, 'matched') : sql`null`;
  const isRecorded = sql`case when ${AS_ASKED[needs]} then plinth.complete_request(${bind(hash, sql`text`)}, ${row}) else plinth.refuse_outcome(o.affected, ${matched}) end`;
  const all = join([...names.map(answered), named('recorded', isRecorded)], ', ');
  return {
    statement: statement(sql`with ${ctes}, o as materialized (${select}) select ${all} from o`),
    columns: [...names, 'recorded'],
  };
}
