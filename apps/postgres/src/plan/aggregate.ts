import { AppError } from '@plinth/contracts';
import type {
  Aggregate,
  FieldPath,
  OrderTerm,
  RowsQuery,
  SelectedCount,
  SelectedField,
} from '../request/ast.ts';
import { castOf } from './casts.ts';
import { conditionTree, isHaving, refuseFilter, testOf } from './conditions.ts';
import { comparedField, type Field, selectedField } from './fields.ts';
import type { Node } from './node.ts';
import { type OrderKey, orderKey, refuseOrder } from './order.ts';
import { answered, castField, columnOutputs, keyOfField, knownName, type Output } from './outputs.ts';
import type { Scope } from './scope.ts';
import { type Sql, sql } from './sql.ts';

// Rows that are counted, added up and so on. What is selected beside an aggregate is what they are grouped by.

export interface Aggregation {
  outputs: readonly Output[];
  groups: readonly Sql[];
  having: readonly Sql[];
  order: readonly OrderKey[];
}

export const isAggregated = ({ select, where, order }: RowsQuery): boolean =>
  select.some((item) => item.kind === 'count' || (item.kind === 'field' && item.aggregate !== undefined)) ||
  where.some(isHaving) ||
  order.some(({ aggregate }) => aggregate !== undefined);

const CALLS: Record<Aggregate, Sql> = {
  count: sql`pg_catalog.count`,
  sum: sql`pg_catalog.sum`,
  avg: sql`pg_catalog.avg`,
  min: sql`pg_catalog.min`,
  max: sql`pg_catalog.max`,
};

const NAMES: Record<Aggregate, Sql> = {
  count: sql`"count"`,
  sum: sql`"sum"`,
  avg: sql`"avg"`,
  min: sql`"min"`,
  max: sql`"max"`,
};

const COUNTED: Field = {
  expression: sql`pg_catalog.count(*)`,
  type: sql`bigint`,
  category: 'number',
  baseType: 'bigint',
  isNullable: false,
  column: undefined,
};

const FLOATS = new Set(['real', 'double precision']);

function refuse(name: Aggregate, parameter: string): AppError {
  return new AppError('INVALID_SELECT', {
    message: `There is no ${name} of the values of that column`,
    details: { parameter },
  });
}

function aggregated(name: Aggregate, field: Field, parameter: string): Field {
  const { category, baseType } = field;
  const expression = sql`${CALLS[name]}(${field.expression})`;
  if (name === 'count') return { ...COUNTED, expression };
  if (name === 'min' || name === 'max') {
    if (category === 'json' || category === 'boolean') throw refuse(name, parameter);
    return { ...field, expression, isNullable: true, column: undefined };
  }
  const isInterval = baseType.startsWith('interval');
  if (category !== 'number' && !isInterval) throw refuse(name, parameter);
  const type = isInterval ? sql`interval` : sql`numeric`;
  const sum = FLOATS.has(baseType) || isInterval ? baseType : 'numeric';
  return { ...field, expression, type, baseType: sum, isNullable: true, column: undefined };
}

function aggregateOf(scope: Scope, name: Aggregate, field: FieldPath | undefined, parameter: string): Field {
  if (!field) return COUNTED;
  return aggregated(name, selectedField(scope, field, parameter), parameter);
}

function withCast(field: Field, cast: string | undefined, parameter: string): Field {
  if (cast === undefined) return field;
  const { type, category, baseType } = castOf(cast, parameter);
  return { ...field, expression: sql`${field.expression}::${type}`, type, category, baseType };
}

function output(scope: Scope, alias: string | undefined, name: Aggregate, field: Field): Output {
  const { expression, baseType, category } = field;
  const value = answered(scope.planning, expression, baseType, category === 'array');
  const known = alias === undefined ? NAMES[name] : knownName(scope, alias);
  return { key: alias ?? name, name: known, value, isJson: category === 'json' };
}

function selectedAggregate(scope: Scope, item: SelectedField | SelectedCount): Output | undefined {
  const parameter = `${scope.path}select`;
  if (item.kind === 'count')
    return output(scope, item.alias, 'count', withCast(COUNTED, item.cast, parameter));
  if (!item.aggregate) return undefined;
  const { name, cast } = item.aggregate;
  const field = castField(scope, item, selectedField(scope, item.field, parameter));
  return output(scope, item.alias, name, withCast(aggregated(name, field, parameter), cast, parameter));
}

interface Group {
  path: FieldPath;
  field: Field;
}

const isSamePath = (one: FieldPath, other: FieldPath): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

function conditionsOnGroups(scope: Scope, query: RowsQuery): Sql[] {
  return query.where.filter(isHaving).map((condition) =>
    conditionTree(condition, (leaf) => {
      if (leaf.kind !== 'having')
        throw refuseFilter('In having, every condition is on an aggregate', leaf.at);
      const field = aggregateOf(scope, leaf.aggregate, leaf.field, leaf.at.parameter);
      return testOf(scope, field, leaf.test, leaf.at);
    }),
  );
}

function orderOfGroup(
  scope: Scope,
  term: OrderTerm,
  groups: readonly Group[],
  outputs: readonly Output[],
): OrderKey {
  const { aggregate, field, relation, at } = term;
  if (relation !== undefined)
    throw refuseOrder('Groups are ordered by what they are grouped by, or by an aggregate', term);
  if (aggregate) return orderKey(aggregateOf(scope, aggregate, field, at.parameter), term);
  if (!field) throw refuseOrder('An order names a column or an aggregate', term);
  const group = groups.find(({ path }) => isSamePath(path, field));
  if (group) return orderKey(group.field, term);
  const named = field.steps.length === 0 ? outputs.find(({ key }) => key === field.column) : undefined;
  if (!named) throw refuseOrder('Groups are ordered by what they are grouped by, or by an aggregate', term);
  return orderKey({ expression: named.value, type: sql`text`, isNullable: true }, term);
}

const byGroup = (expression: Sql): OrderKey => ({
  expression,
  type: sql`text`,
  isDescending: false,
  nulls: 'last',
  saysNulls: false,
  isNullable: true,
});

/** `spread`: what the rows of embeds add to each, which is grouped by as well. */
export function aggregationOf({ scope, query }: Node, spread: readonly Output[]): Aggregation {
  const outputs: Output[] = [];
  const groups: Group[] = [];

  function group(path: FieldPath, item: SelectedField | undefined): void {
    const field = comparedField(scope, path, `${scope.path}select`);
    groups.push({ path, field });
    const shown = item ? castField(scope, item, field) : field;
    const key = item ? keyOfField(item) : path.column;
    const value = answered(scope.planning, shown.expression, shown.baseType, shown.category === 'array');
    outputs.push({ key, name: knownName(scope, key), value, isJson: shown.category === 'json' });
  }

  for (const item of query.select) {
    if (item.kind === 'embed') continue;
    const one = item.kind === 'all' ? undefined : selectedAggregate(scope, item);
    if (one) outputs.push(one);
    else if (item.kind === 'field') group(item.field, item);
    else if (item.kind === 'all') {
      for (const { key } of columnOutputs(scope)) group({ column: key, steps: [], isText: false }, undefined);
    }
  }
  const shown = spread.map((one) => (one.isJson ? { ...one, value: sql`${one.value}::jsonb` } : one));
  const all = [...outputs, ...shown];
  const expressions = [...groups.map(({ field }) => field.expression), ...shown.map(({ value }) => value)];
  const order = query.order.map((term) => orderOfGroup(scope, term, groups, all));
  const ordered = new Set(order.map(({ expression }) => expression));
  const rest = expressions.filter((expression) => !ordered.has(expression)).map(byGroup);
  return {
    outputs: all,
    groups: expressions,
    having: conditionsOnGroups(scope, query),
    order: [...order, ...rest],
  };
}
