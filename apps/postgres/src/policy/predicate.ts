import { escapeLiteral } from 'pg';
import { quoted } from '../ddl/identifier.ts';
import { compared, constantOf, isAnyOf, predicateOf } from '../ddl/predicate.ts';
import { withoutLength } from '../plan/identifiers.ts';
import { columnNotFound } from '../table/column-not-found.ts';
import type { Column } from '../table/column.schema.ts';
import type { Table } from '../table/table.schema.ts';
import type { Condition, Exists, Predicate } from './policy.schema.ts';

// A predicate as SQL, for a policy. What a request knows, its subject and its claims, is asked for once for a statement and not
// for each row: that is what `(select …)` says.

interface Left {
  sql: string;
  type: string;
}

function leftOf(table: Table, { column: name, claim }: Condition, field: string): Left {
  if (name === undefined)
    return { sql: `(select plinth.claim(${escapeLiteral(claim ?? '')}))`, type: 'text' };
  const column = table.columns.find((one) => one.name === name);
  if (!column) throw columnNotFound(table.name, name, `${field}.column`);
  return { sql: quoted(name), type: typeOf(column) };
}

const typeOf = ({ type }: Column): string => withoutLength(type);

function rightOf({ type }: Left, { column, value, claim, uid }: Condition, field: string): string {
  if (uid) return cast('(select plinth.uid())', type);
  if (column !== undefined && claim !== undefined)
    return cast(`(select plinth.claim(${escapeLiteral(claim)}))`, type);
  return constantOf(value, type, `${field}.value`);
}

const cast = (sql: string, type: string): string => (type === 'text' ? sql : `cast(${sql} as ${type})`);

function listOf({ type }: Left, { value, claim, column }: Condition, field: string): string {
  if (column !== undefined && claim !== undefined) {
    return cast(`(select plinth.claim_list(${escapeLiteral(claim)}))`, `${type}[]`);
  }
  return constantOf(value, `${type}[]`, `${field}.value`);
}

export function conditionSql(table: Table, condition: Condition, field: string): string {
  const left = leftOf(table, condition, field);
  switch (condition.operator) {
    case 'isNull':
      return `${left.sql} is null`;
    case 'isNotNull':
      return `${left.sql} is not null`;
    case 'in':
      return isAnyOf(left.sql, listOf(left, condition, field));
    default:
      return compared(left.sql, condition.operator, rightOf(left, condition, field));
  }
}

export const predicateSql = (
  table: Table,
  predicate: Predicate,
  field: string,
  existsSql: (exists: Exists, field: string) => string,
): string =>
  predicateOf(predicate, field, (one, path) =>
    'exists' in one ? existsSql(one.exists, `${path}.exists`) : conditionSql(table, one, path),
  );

const partsOf = (predicate: Predicate | undefined) =>
  (predicate?.conditions ?? []).flatMap((one) => ('conditions' in one ? one.conditions : [one]));

export const existsOf = (predicate: Predicate | undefined): Exists[] =>
  partsOf(predicate).flatMap((one) => ('exists' in one ? [one.exists] : []));

/** By an index on its column rows can be found that it holds for. */
export const isLookup = ({ operator: by }: Pick<Condition, 'operator'>): boolean =>
  by === 'eq' || by === 'in';

/** The columns that rows are looked up by: an index on them spares looking at every row. */
export function comparedColumns(predicate: Predicate | undefined): string[] {
  const names = partsOf(predicate).flatMap((one) =>
    'exists' in one || one.column === undefined || !isLookup(one) ? [] : [one.column],
  );
  return [...new Set(names)];
}
