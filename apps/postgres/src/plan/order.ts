import { AppError } from '@plinth/contracts';
import type { OrderTerm } from '../request/ast.ts';
import { comparedField, type Field } from './fields.ts';
import type { Node } from './node.ts';
import { keyColumn } from './scope.ts';
import { join, nothing, type Sql, sql, where } from './sql.ts';

// What rows are ordered by. The primary key ends every order, so that pages are stable and a cursor is one place.

export interface OrderKey {
  expression: Sql;
  /** What a value of it is cast to, when a page begins after one. */
  type: Sql;
  isDescending: boolean;
  /** As Postgres has it where nothing is said: nulls are above everything. */
  nulls: 'first' | 'last';
  saysNulls: boolean;
  isNullable: boolean;
}

export const refuseOrder = (message: string, { at }: OrderTerm): AppError =>
  new AppError('INVALID_ORDER', { message, details: { parameter: at.parameter, position: at.offset } });

export const orderKey = (
  { expression, type, isNullable }: Pick<Field, 'expression' | 'type' | 'isNullable'>,
  term: OrderTerm,
): OrderKey => {
  const isDescending = term.direction === 'desc';
  return {
    expression,
    type,
    isDescending,
    nulls: term.nulls ?? (isDescending ? 'first' : 'last'),
    saysNulls: term.nulls !== undefined,
    isNullable,
  };
};

/** A column of the one row that a relation leads to. */
function relatedField(node: Node, term: OrderTerm): Field {
  const { relation, field, at } = term;
  if (!field) throw refuseOrder('An order by a relation names a column of it', term);
  const named = node.embeddings.find(({ key, embed }) => key === relation || embed.relation === relation);
  if (!named) throw refuseOrder('Rows can be ordered by a relation that is selected', term);
  if (named.isList) throw refuseOrder('Rows can be ordered by one related row, not by a list', term);
  const { scope, source, conditions } = named.node;
  const related = comparedField(scope, field, at.parameter);
  const expression = sql`(select ${related.expression} from ${source}${where(conditions)} limit 1)`;
  return { ...related, expression, isNullable: true, column: undefined };
}

function isReadableKey({ scope: { planning, table } }: Node): boolean {
  const columns = table.primaryKey.map((name) => keyColumn(table, name));
  return columns.length > 0 && columns.every((column) => planning.isReadable(table, column));
}

/** Whether the order ends in a primary key: then it tells any two rows apart. */
export const isTotal = isReadableKey;

export function orderKeys(node: Node): OrderKey[] {
  const { scope, query } = node;
  const keys: OrderKey[] = [];
  const columns = new Set<string>();
  for (const term of query.order) {
    if (term.aggregate || !term.field)
      throw refuseOrder('An order by an aggregate needs one in select', term);
    const field =
      term.relation === undefined
        ? comparedField(scope, term.field, term.at.parameter)
        : relatedField(node, term);
    if (field.column) columns.add(field.column.name);
    keys.push(orderKey(field, term));
  }
  if (!isReadableKey(node)) return keys;
  // The same way as what it follows, so that an index of both can be read in one direction.
  const isDescending = keys.at(-1)?.isDescending ?? false;
  for (const name of scope.table.primaryKey.filter((name) => !columns.has(name))) {
    const { expression, type } = comparedField(scope, { column: name, steps: [], isText: false }, 'order');
    keys.push({ expression, type, isDescending, nulls: 'last', saysNulls: false, isNullable: false });
  }
  return keys;
}

const NULLS = { first: sql` nulls first`, last: sql` nulls last` };

export function orderBy(keys: readonly OrderKey[]): Sql {
  if (keys.length === 0) return nothing;
  const terms = keys.map(
    ({ expression, isDescending, nulls, saysNulls }) =>
      sql`${expression}${isDescending ? sql` desc` : nothing}${saysNulls ? NULLS[nulls] : nothing}`,
  );
  return sql` order by ${join(terms, ', ')}`;
}
