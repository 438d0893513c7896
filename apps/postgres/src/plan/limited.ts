import { AppError } from '@plinth/contracts';
import type { OrderTerm } from '../request/ast.ts';
import type { Column } from '../schema-cache/schema.ts';
import { columnName } from './identifiers.ts';
import type { Node } from './node.ts';
import { orderBy, orderKeys } from './order.ts';
import { columnOf, keyColumn, type Scope } from './scope.ts';
import { bind, join, nothing, type Sql, sql, where } from './sql.ts';

// The first rows of an order, to be changed. They are looked for, and locked, before anything is changed, for a subquery with a limit
// may be run more than once. Who comes at the same time waits for them, and takes the next.

export interface Limited {
  /** A common table expression that comes before the change: the keys of the rows, called `k`. */
  keys: Sql;
  /** Whether a row of the table is one of them. */
  isOne: readonly Sql[];
}

/** What is locked, as the change itself would lock it; `none` where the caller may lock nothing, or not the same rows. */
export type Lock = 'rows' | 'rows but their keys' | 'none';

const LOCKS: Record<Lock, (alias: Sql) => Sql> = {
  rows: (alias) => sql` for update of ${alias}`,
  'rows but their keys': (alias) => sql` for no key update of ${alias}`,
  none: () => nothing,
};

const isPlain = ({ field, relation, aggregate }: OrderTerm): boolean =>
  field?.steps.length === 0 && relation === undefined && aggregate === undefined;

/** The keys that the caller may read, and of which no two rows have the same: a null is like no other. */
const tellingKeys = ({ table, planning }: Scope): Column[][] =>
  table.uniqueKeys
    .map((key) => key.map((name) => keyColumn(table, name)))
    .filter((columns) => columns.every((one) => !one.isNullable && planning.isReadable(table, one)));

function keyOfOrder({ scope, query: { order } }: Node): Column[] {
  const { table } = scope;
  const ordered = new Set(order.filter(isPlain).map(({ field }) => field?.column));
  const keys = tellingKeys(scope);
  const found = keys.find((columns) => columns.every(({ name }) => ordered.has(name)));
  if (found) return found;
  const listed = keys.map((columns) => `(${columns.map(({ name }) => name).join(',')})`).join(', ') || 'none';
  throw new AppError('INVALID_ORDER', {
    message: `A change with a limit needs an order that ends in a unique key of ${table.name}: ${listed}`,
    details: { parameter: 'order', table: table.name },
  });
}

export function limitedRows(node: Node, limit: number, lock: Lock): Limited {
  const { scope, source, conditions, query } = node;
  if (query.offset !== undefined)
    throw new AppError('INVALID_RANGE', {
      message: 'A change with a limit is of the first rows: it has no offset',
    });
  const key = keyOfOrder(node);
  const columns = join(
    key.map((column) => columnOf(scope, column)),
    ', ',
  );
  const most = bind(String(limit), sql`bigint`);
  const rows = sql`select ${columns} from ${source}${where(conditions)}${orderBy(orderKeys(node))} limit ${most}`;
  return {
    keys: sql`k as materialized (${rows}${LOCKS[lock](scope.alias)}), `,
    isOne: key.map(
      (column) => sql`${columnOf(scope, column)} operator(pg_catalog.=) k.${columnName(column)}`,
    ),
  };
}
