import { AppError } from '@plinth/contracts';
import type { Condition, Embed, RowsQuery } from '../request/ast.ts';
import type { Column, Table } from '../schema-cache/schema.ts';
import { conditionTree, fieldTest, isHaving, refuseFilter } from './conditions.ts';
import { columnName, numbered, tableName } from './identifiers.ts';
import { findRelationship, isList, type Relationship } from './relationship.ts';
import { columnOf, createScope, type Planning, type Scope, useColumn } from './scope.ts';
import { allOf, type Sql, sql, where } from './sql.ts';

// What is asked of one table: at the top, and again for each embed. A node knows where its rows come from and which of them
// are wanted; `rows.ts` makes the statement of it.

export interface Node {
  scope: Scope;
  query: RowsQuery;
  /** What stands after `from`. */
  source: Sql;
  conditions: readonly Sql[];
  embeddings: readonly Embedding[];
}

export interface Embedding {
  embed: Embed;
  /** What its rows are called in the answer, and in filters and orders of its parent. */
  key: string;
  /** The same as a name of the schema, where it is one. */
  name: Sql | undefined;
  isList: boolean;
  /** The alias of the lateral join that brings its rows. */
  slot: Sql;
  node: Node;
}

const equal = (one: Sql, other: Sql): Sql => sql`${one} operator(pg_catalog.=) ${other}`;

function joined(
  parent: Scope,
  child: Scope,
  found: Relationship,
  parameter: string,
): Pick<Node, 'source' | 'conditions'> {
  const { schema } = parent.planning;
  const own = sql`${tableName(schema, child.table)} as ${child.alias}`;
  const column = (scope: Scope, one: Column) => columnOf(scope, useColumn(scope, one, parameter));
  if (!found.through) {
    return {
      source: own,
      conditions: found.pairs.map(([near, far]) => equal(column(child, far), column(parent, near))),
    };
  }
  const through = createScope(parent.planning, found.through.table, child.path);
  const near = found.pairs.map(([one, other]) => equal(column(through, other), column(parent, one)));
  const far = found.through.pairs.map(([one, other]) => equal(column(through, one), column(child, other)));
  const source = sql`${own} join ${tableName(schema, through.table)} as ${through.alias} on ${allOf(far)}`;
  return { source, conditions: near };
}

function embedding(parent: Scope, embed: Embed): Embedding {
  const parameter = `${parent.path}select`;
  const found = findRelationship(parent, embed, parameter);
  const key = embed.alias ?? embed.relation;
  const many = isList(found);
  if (many && embed.isSpread) {
    throw new AppError('INVALID_SELECT', {
      message: 'Only the columns of one related row can stand among those of its parent, not those of a list',
      details: { parameter },
    });
  }
  const child = createScope(parent.planning, found.target, `${parent.path}${key}.`);
  const slot = numbered('e', parent.planning.aliases);
  const node = createNode(child, embed, joined(parent, child, found, parameter));
  return { embed, key, name: nameOf(parent, embed, found), isList: many, slot, node };
}

function nameOf(parent: Scope, { alias, relation }: Embed, found: Relationship): Sql | undefined {
  const column = parent.table.columns.get(alias ?? relation);
  if (column) return columnName(column);
  return alias === undefined ? found.name : undefined;
}

/** Whether an embed has any rows for one of its parent. */
const hasRows = ({ node }: Embedding): Sql =>
  sql`exists (select from ${node.source}${where(node.conditions)})`;

/** `author=is.null` says that there are none, if rows of `author` are embedded. */
function absence(
  embeddings: readonly Embedding[],
  condition: Extract<Condition, { kind: 'test' }>,
): Sql | undefined {
  const { field, test } = condition;
  if (test.operator !== 'is' || field.steps.length > 0) return undefined;
  const named = embeddings.find(({ key, embed }) => key === field.column || embed.relation === field.column);
  if (!named) return undefined;
  if (test.value === 'null') return sql`not ${hasRows(named)}`;
  return test.value === 'not_null' ? hasRows(named) : undefined;
}

function filtersOf(scope: Scope, embeddings: readonly Embedding[], conditions: readonly Condition[]): Sql[] {
  return conditions.map((condition) =>
    conditionTree(condition, (leaf) => {
      if (leaf.kind === 'having')
        throw refuseFilter('A condition on aggregates stands in having alone', leaf.at);
      return absence(embeddings, leaf) ?? fieldTest(scope, leaf);
    }),
  );
}

/** Where the rows come from: by itself from the table, all of them. */
type Origin = Partial<Pick<Node, 'source' | 'conditions'>>;

export function createNode(scope: Scope, query: RowsQuery, origin: Origin = {}): Node {
  const embeds = query.select.filter((item) => item.kind === 'embed');
  const embeddings = embeds.map((embed) => embedding(scope, embed));
  const filters = query.where.filter((condition) => !isHaving(condition));
  const source = origin.source ?? sql`${tableName(scope.planning.schema, scope.table)} as ${scope.alias}`;
  const conditions = [
    ...(origin.conditions ?? []),
    ...filtersOf(scope, embeddings, filters),
    ...embeddings.filter(({ embed }) => embed.join === 'inner').map(hasRows),
  ];
  return { scope, query, source, conditions, embeddings };
}

export const createRoot = (planning: Planning, table: Table, query: RowsQuery, origin?: Origin): Node =>
  createNode(createScope(planning, table), query, origin);
