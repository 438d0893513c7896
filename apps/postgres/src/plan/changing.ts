import { AppError } from '@plinth/contracts';
import type { RowsQuery } from '../request/ast.ts';
import type { Table } from '../schema-cache/schema.ts';
import { holds } from './conditions.ts';
import { tableName } from './identifiers.ts';
import { type Lock, limitedRows } from './limited.ts';
import { createNode, type Node } from './node.ts';
import type { AnswerColumn, PlanRequest } from './plan.ts';
import { hasSystemColumns, type Scope } from './scope.ts';
import { arrayLiteral, bind, nothing, type Sql, sql, where } from './sql.ts';

// Which rows an update or a delete may touch: some that the request names, in a version that the caller has seen, and not more
// than were meant.

/** So many rows a change touches at most, unless the request says otherwise. */
const MOST_AFFECTED = 1_000;

export const mostAffected = ({ maxAffected }: PlanRequest['preferences']): number =>
  maxAffected ?? MOST_AFFECTED;

export interface Guards {
  /** The versions that `If-Match` names; `*` is any. */
  ifMatch?: readonly string[] | undefined;
  /** The caller said that all rows are meant, and may say so. */
  isFullTableAllowed?: boolean | undefined;
}

/** What is not about a column tells no rows apart. */
export const isFiltered = ({ where: conditions }: Pick<RowsQuery, 'where'>): boolean =>
  conditions.some((one) => holds(one, 'test'));

export function requireFilter(
  { name }: Table,
  query: RowsQuery,
  { isFullTableAllowed = false }: Guards,
): void {
  if (isFullTableAllowed || isFiltered(query)) return;
  throw new AppError('FILTER_REQUIRED', {
    message: `Say which rows of ${name} with a filter, such as id=eq.1. Whoever means all of them, and has the permission rows:truncate, says so with X-Allow-Full-Table: ${name}`,
    details: { table: name },
  });
}

/** Postgres numbers the transaction that wrote a row; that number is its version. */
const isVersion = (tag: string): boolean => /^\d{1,10}$/.test(tag) && Number(tag) < 2 ** 32;

function versionCondition({ planning, table, alias }: Scope, { ifMatch }: Guards): Sql[] {
  if (!ifMatch || ifMatch.includes('*')) return [];
  if (table.kind === 'view' || table.kind === 'foreignTable') {
    throw new AppError('CAPABILITY_UNAVAILABLE', {
      message: `Rows of ${table.name} have no version for If-Match`,
    });
  }
  if (!hasSystemColumns(planning, table)) {
    throw new AppError('PERMISSION_DENIED', {
      message: `If-Match needs the right to read every column of ${table.name}`,
      details: { table: table.name, parameter: 'If-Match' },
    });
  }
  const versions = bind(arrayLiteral(ifMatch.filter(isVersion)), sql`xid[]`);
  return [sql`${alias}.xmin operator(pg_catalog.=) any(${versions})`];
}

export interface Changing {
  /** Stands before the common table expression that changes them. */
  before: Sql;
  /** The table under its alias. */
  source: Sql;
  /** What the change looks at besides. */
  others: readonly Sql[];
  conditions: readonly Sql[];
  /** How many rows there are of any version: tells a row that has changed from one that is not there. */
  extras: readonly (readonly [AnswerColumn, Sql])[];
}

/** The filters of a change, which may speak of embedded relations as those of a read do, and how many of these rows. */
export function changingRows(scope: Scope, query: RowsQuery, guards: Guards, lock: Lock): Changing {
  const { planning, table, alias } = scope;
  const node: Node = createNode(scope, query);
  const source = sql`${tableName(planning.schema, table)} as ${alias}`;
  const limited = query.limit === undefined ? undefined : limitedRows(node, query.limit, lock);
  // Said of each again: while somebody else's change of it was waited for, it may have become another.
  const conditions = [...(limited?.isOne ?? []), ...node.conditions, ...versionCondition(scope, guards)];
  const fitting = limited ? sql`k` : sql`${source}${where(node.conditions)}`;
  const matched = sql`(select pg_catalog.count(*) from ${fitting})`;
  return {
    before: limited?.keys ?? nothing,
    source,
    others: limited ? [sql`k`] : [],
    conditions,
    extras: guards.ifMatch ? [['matched', matched]] : [],
  };
}

export function assertCan(table: Table, what: 'canUpdate' | 'canDelete'): void {
  if (!table[what]) throw new AppError('READ_ONLY', { message: `Rows of ${table.name} can only be read` });
}
