import { type AppError, validationError } from '@plinth/contracts';
import { escapeLiteral } from 'pg';
import { quoted } from '../ddl/identifier.ts';
import { literalOf } from '../ddl/literal.ts';
import { withoutLength } from '../plan/identifiers.ts';
import { columnNotFound } from '../table/table.plan.ts';
import type { Column, Table } from '../table/table.schema.ts';
import type { Condition, Operator, Predicate } from './policy.schema.ts';

// A predicate as SQL, for a policy. What a request knows, its subject and its claims, is asked for once for a statement and not
// for each row: that is what `(select …)` says. Operators are named with their schema, for a tenant may have one of its own.

const OPERATORS: Readonly<Record<Exclude<Operator, 'in' | 'isNull' | 'isNotNull'>, string>> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
};

const operator = (symbol: string): string => `operator(pg_catalog.${symbol})`;

const invalid = (path: string, message: string): AppError =>
  validationError([{ path, code: 'invalid_value', message }]);

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
  const sql = value === undefined ? undefined : literalOf(value, type);
  if (sql === undefined) throw invalid(`${field}.value`, `is not a value of the type ${type}`);
  return sql;
}

const cast = (sql: string, type: string): string => (type === 'text' ? sql : `cast(${sql} as ${type})`);

function listOf({ type }: Left, { value, claim, column }: Condition, field: string): string {
  if (column !== undefined && claim !== undefined) {
    return cast(`(select plinth.claim_list(${escapeLiteral(claim)}))`, `${type}[]`);
  }
  const sql = value === undefined ? undefined : literalOf(value, `${type}[]`);
  if (sql === undefined) throw invalid(`${field}.value`, `is not a list of the type ${type}`);
  return sql;
}

function conditionSql(table: Table, condition: Condition, field: string): string {
  const left = leftOf(table, condition, field);
  switch (condition.operator) {
    case 'isNull':
      return `${left.sql} is null`;
    case 'isNotNull':
      return `${left.sql} is not null`;
    case 'in':
      return `${left.sql} ${operator('=')} any (${listOf(left, condition, field)})`;
    default:
      return `${left.sql} ${operator(OPERATORS[condition.operator])} ${rightOf(left, condition, field)}`;
  }
}

const joined = (match: Predicate['match'], parts: readonly string[]): string =>
  parts.length === 0
    ? String(match === 'all')
    : parts.map((part) => `(${part})`).join(match === 'all' ? ' and ' : ' or ');

export function predicateSql(table: Table, { match, conditions }: Predicate, field: string): string {
  const parts = conditions.map((one, index) => {
    const path = `${field}.conditions.${index}`;
    if (!('conditions' in one)) return conditionSql(table, one, path);
    const inner = one.conditions.map((condition, at) =>
      conditionSql(table, condition, `${path}.conditions.${at}`),
    );
    return joined(one.match, inner);
  });
  return joined(match, parts);
}

/** The columns that rows are looked up by: an index on them spares looking at every row. */
export function comparedColumns(predicate: Predicate | undefined): string[] {
  const conditions = (predicate?.conditions ?? []).flatMap((one) =>
    'conditions' in one ? one.conditions : [one],
  );
  const names = conditions.flatMap(({ column, operator: by }) =>
    column !== undefined && (by === 'eq' || by === 'in') ? [column] : [],
  );
  return [...new Set(names)];
}
