import { AppError } from '@plinth/contracts';
import type {
  Comparison,
  Condition,
  Containment,
  Position,
  Test,
  TextSearch,
  ValueTest,
} from '../request/ast.ts';
import { comparedField, type Field } from './fields.ts';
import { textSearchConfig } from './identifiers.ts';
import type { Scope } from './scope.ts';
import { arrayLiteral, bind, bindTested, join, type Sql, sql } from './sql.ts';

// Filters as SQL. Operators are written out with their schema, so that none of a tenant's own is taken instead.

const COMPARING: Record<Exclude<Comparison, 'isdistinct'>, Sql> = {
  eq: sql`operator(pg_catalog.=)`,
  neq: sql`operator(pg_catalog.<>)`,
  gt: sql`operator(pg_catalog.>)`,
  gte: sql`operator(pg_catalog.>=)`,
  lt: sql`operator(pg_catalog.<)`,
  lte: sql`operator(pg_catalog.<=)`,
  like: sql`operator(pg_catalog.~~)`,
  ilike: sql`operator(pg_catalog.~~*)`,
  match: sql`operator(pg_catalog.~)`,
  imatch: sql`operator(pg_catalog.~*)`,
};

const CONTAINING: Record<Containment, Sql> = {
  cs: sql`operator(pg_catalog.@>)`,
  cd: sql`operator(pg_catalog.<@)`,
  ov: sql`operator(pg_catalog.&&)`,
  sl: sql`operator(pg_catalog.<<)`,
  sr: sql`operator(pg_catalog.>>)`,
  nxr: sql`operator(pg_catalog.&<)`,
  nxl: sql`operator(pg_catalog.&>)`,
  adj: sql`operator(pg_catalog.-|-)`,
};

const SEARCHING: Record<TextSearch, Sql> = {
  fts: sql`pg_catalog.to_tsquery`,
  plfts: sql`pg_catalog.plainto_tsquery`,
  phfts: sql`pg_catalog.phraseto_tsquery`,
  wfts: sql`pg_catalog.websearch_to_tsquery`,
};

const IS = {
  null: sql`is null`,
  not_null: sql`is not null`,
  true: sql`is true`,
  false: sql`is false`,
  unknown: sql`is unknown`,
};

export const refuseFilter = (message: string, { parameter, offset }: Position): AppError =>
  new AppError('INVALID_FILTER', { message, details: { parameter, position: offset } });

const isPattern = (operator: Comparison): boolean =>
  operator === 'like' || operator === 'ilike' || operator === 'match' || operator === 'imatch';

/** `*` stands for `%`, which a URL would have to encode. */
const pattern = (operator: Comparison, value: string): string =>
  operator === 'like' || operator === 'ilike' ? value.replaceAll('*', '%') : value;

const textOf = ({ operator, value }: ValueTest): string => pattern(operator, value);

/** Patterns are of text: anything else is looked at as it is written. */
const asText = ({ expression, category }: Field): Sql =>
  category === 'text' ? expression : sql`${expression}::text`;

function oneByOne(quantified: 'any' | 'all', values: readonly string[], one: (value: string) => Sql): Sql {
  if (values.length === 0) return quantified === 'any' ? sql`false` : sql`true`;
  return sql`(${join(
    values.map((value) => sql`(${one(value)})`),
    quantified === 'any' ? ' or ' : ' and ',
  )})`;
}

function comparison(field: Field, test: Extract<Test, { operator: Comparison }>): Sql {
  const { operator } = test;
  const [left, type] = isPattern(operator) ? [asText(field), sql`text`] : [field.expression, field.type];
  if (test.quantified === undefined) {
    const value = bindTested(test, textOf, type);
    return operator === 'isdistinct'
      ? sql`(${left} operator(pg_catalog.=) ${value}) is not true`
      : sql`${left} ${COMPARING[operator]} ${value}`;
  }
  // There are no arrays of arrays, and no operator for what is distinct: each value is compared by itself.
  if ((field.category === 'array' && !isPattern(operator)) || operator === 'isdistinct') {
    return oneByOne(test.quantified, test.values, (value) => comparison(field, { operator, value }));
  }
  const values = bind(arrayLiteral(test.values.map((value) => pattern(operator, value))), sql`${type}[]`);
  const quantifier = test.quantified === 'any' ? sql`any` : sql`all`;
  return sql`${left} ${COMPARING[operator]} ${quantifier}(${values})`;
}

function containment(field: Field, operator: Containment, value: string, at: Position): Sql {
  const isOfRanges = !['cs', 'cd', 'ov'].includes(operator);
  const { category } = field;
  const isServed =
    category === 'range' ||
    category === 'other' ||
    (category === 'array' && !isOfRanges) ||
    (category === 'json' && (operator === 'cs' || operator === 'cd'));
  if (!isServed) {
    const wanted = isOfRanges ? 'a range' : 'an array, a range or JSON';
    throw refuseFilter(`${operator} needs ${wanted}, which the column of ${at.parameter} is not`, at);
  }
  return sql`${field.expression} ${CONTAINING[operator]} ${bind(value, field.type)}`;
}

function search(
  { planning: { schema } }: Scope,
  field: Field,
  test: Extract<Test, { operator: TextSearch }>,
  at: Position,
): Sql {
  const { operator, value, config } = test;
  if (config !== undefined && !schema.textSearchConfigs.has(config)) {
    throw refuseFilter('There is no text search configuration of that name', at);
  }
  const first = config === undefined ? sql`` : sql`${textSearchConfig(config)}, `;
  const isJson = field.category === 'json';
  const document =
    field.category === 'textSearch'
      ? field.expression
      : sql`pg_catalog.to_tsvector(${first}${isJson ? field.expression : asText(field)})`;
  return sql`${document} operator(pg_catalog.@@) ${SEARCHING[operator]}(${first}${bind(value, sql`text`)})`;
}

/** What a test says of an expression: a field here, an aggregate in `having`. */
export function testOf(scope: Scope, field: Field, test: Test, at: Position): Sql {
  switch (test.operator) {
    case 'is':
      if (field.category !== 'boolean' && test.value !== 'null' && test.value !== 'not_null') {
        throw refuseFilter(
          `is.${test.value} needs a boolean, which the column of ${at.parameter} is not`,
          at,
        );
      }
      return sql`${field.expression} ${IS[test.value]}`;
    case 'in':
      return comparison(field, { operator: 'eq', quantified: 'any', values: test.values });
    case 'fts':
    case 'plfts':
    case 'phfts':
    case 'wfts':
      return search(scope, field, test, at);
    case 'cs':
    case 'cd':
    case 'ov':
    case 'sl':
    case 'sr':
    case 'nxr':
    case 'nxl':
    case 'adj':
      return containment(field, test.operator, test.value, at);
    default:
      return comparison(field, test);
  }
}

type Tree = Extract<Condition, { kind: 'and' | 'or' }>;
type Leaf = Exclude<Condition, Tree>;

const isTree = (condition: Condition): condition is Tree =>
  condition.kind === 'and' || condition.kind === 'or';

/** Whether a condition, or one of those that it is made of, is of a kind. */
export const holds = (condition: Condition, kind: Leaf['kind']): boolean =>
  isTree(condition) ? condition.conditions.some((one) => holds(one, kind)) : condition.kind === kind;

export const isHaving = (condition: Condition): boolean => holds(condition, 'having');

/** `and`, `or` and `not` over whatever the leaves say. */
export function conditionTree(condition: Condition, leaf: (condition: Leaf) => Sql): Sql {
  const said = isTree(condition) ? branch(condition, leaf) : leaf(condition);
  return condition.isNegated ? sql`not (${said})` : sql`(${said})`;
}

function branch({ kind, conditions }: Tree, leaf: (condition: Leaf) => Sql): Sql {
  if (conditions.length === 0) return kind === 'and' ? sql`true` : sql`false`;
  return join(
    conditions.map((condition) => conditionTree(condition, leaf)),
    kind === 'and' ? ' and ' : ' or ',
  );
}

export const fieldTest = (scope: Scope, condition: Extract<Condition, { kind: 'test' }>): Sql => {
  const { field, test, at } = condition;
  return testOf(scope, comparedField(scope, field, at.parameter), test, at);
};
