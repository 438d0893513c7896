import { type AppError, validationError } from '@plinth/contracts';
import { type LiteralValue, literalOf } from './literal.ts';
import type { Group, PredicateOf } from './predicate.schema.ts';

// How conditions are written as SQL, whoever they are for. Operators are named with their schema, for a tenant may have one of
// its own.

const COMPARISONS = { eq: '=', neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
export type Comparison = keyof typeof COMPARISONS;

export const operator = (symbol: string): string => `operator(pg_catalog.${symbol})`;

export const compared = (left: string, by: Comparison, right: string): string =>
  `${left} ${operator(COMPARISONS[by])} ${right}`;

export const isAnyOf = (left: string, list: string): string => `${left} ${operator('=')} any (${list})`;

export const invalid = (path: string, message: string): AppError =>
  validationError([{ path, code: 'invalid_value', message }]);

export function constantOf(value: LiteralValue | undefined, type: string, field: string): string {
  const sql = value === undefined ? undefined : literalOf(value, type);
  if (sql !== undefined) return sql;
  const [element, isList] = [type.replace(/\[\]$/, ''), type.endsWith('[]')];
  throw invalid(
    field,
    isList ? `is not a list of the type ${element}` : `is not a value of the type ${type}`,
  );
}

const joined = (match: 'all' | 'any', parts: readonly string[]): string =>
  parts.length === 0
    ? String(match === 'all')
    : parts.map((part) => `(${part})`).join(match === 'all' ? ' and ' : ' or ');

const isSingle = <Condition extends object>(one: Condition | Group<Condition>): one is Condition =>
  !('conditions' in one);

export function predicateOf<Condition extends object>(
  { match, conditions }: PredicateOf<Condition>,
  field: string,
  sqlOf: (condition: Condition, field: string) => string,
): string {
  const parts = conditions.map((one, index) => {
    const path = `${field}.conditions.${index}`;
    if (isSingle(one)) return sqlOf(one, path);
    const inner = one.conditions.map((condition, at) => sqlOf(condition, `${path}.conditions.${at}`));
    return joined(one.match, inner);
  });
  return joined(match, parts);
}
