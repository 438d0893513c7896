import { AppError } from '@plinth/contracts';
import type { Embed } from '../request/ast.ts';
import type { Column, ForeignKey, Table } from '../schema-cache/schema.ts';
import { relationName } from './identifiers.ts';
import { closestNames } from './closest.ts';
import { keyColumn, readableColumns, type Scope } from './scope.ts';
import type { Sql } from './sql.ts';

// Which foreign keys lead from one table to what an embed names: a table, a foreign key, or the column that holds one.

export interface Relationship {
  kind: 'many-to-one' | 'one-to-one' | 'one-to-many' | 'many-to-many';
  target: Table;
  /** Pairs of columns that are equal: this table's and the target's, or this table's and the join table's. */
  pairs: readonly (readonly [Column, Column])[];
  through: { table: Table; pairs: readonly (readonly [Column, Column])[] } | undefined;
  /** What the rows are called, if the embed gives no alias. */
  name: Sql;
  keys: readonly ForeignKey[];
  /** What tells this one from the others: hints that choose it. */
  hints: readonly string[];
}

const pairsOf = (one: Table, ones: readonly string[], other: Table, others: readonly string[]) =>
  ones.map((name, index) => [keyColumn(one, name), keyColumn(other, others[index] ?? '')] as const);

const onlyColumn = ({ columns }: ForeignKey): string[] => (columns.length === 1 ? [...columns] : []);

const namesOf = (key: ForeignKey): string[] => [key.name, ...onlyColumn(key)];

export const isList = ({ kind }: Relationship): boolean => kind === 'one-to-many' || kind === 'many-to-many';

/** One key between two tables, looked at from the one that holds it or from the other. */
function along(
  table: Table,
  target: Table,
  key: ForeignKey,
  kind: 'many-to-one' | 'one-to-many',
  { relation }: Embed,
): Relationship {
  const isHolder = kind === 'many-to-one';
  const pairs = isHolder
    ? pairsOf(table, key.columns, target, key.referencedColumns)
    : pairsOf(table, key.referencedColumns, target, key.columns);
  const toItself = isHolder ? 'parent' : 'children';
  return {
    kind: key.isUnique ? 'one-to-one' : kind,
    target,
    pairs,
    through: undefined,
    name: relationName(relation === target.name ? target : key),
    keys: [key],
    hints: [...namesOf(key), ...(target === table ? [toItself] : [])],
  };
}

function* outgoing({ table, planning }: Scope, embed: Embed): Generator<Relationship> {
  const { relation } = embed;
  for (const key of table.outgoing) {
    const target = planning.schema.tables.get(key.referencedTable);
    const [column] = onlyColumn(key);
    const isNamed = relation === key.referencedTable || relation === key.name || relation === column;
    if (!target || !isNamed) continue;
    yield along(table, target, key, 'many-to-one', embed);
  }
}

function* incoming({ table, planning }: Scope, embed: Embed): Generator<Relationship> {
  const { relation } = embed;
  for (const key of table.incoming) {
    const target = planning.schema.tables.get(key.table);
    if (!target || (relation !== key.table && relation !== key.name)) continue;
    yield along(table, target, key, 'one-to-many', embed);
  }
}

/** A join table holds both keys in its primary key: else it is a thing of its own. */
const isJoinTable = (through: Table, near: ForeignKey, far: ForeignKey): boolean =>
  near !== far &&
  near.name !== far.name &&
  [...near.columns, ...far.columns].every((column) => through.primaryKey.includes(column));

function* throughOthers({ table, planning }: Scope, { relation }: Embed): Generator<Relationship> {
  const target = planning.schema.tables.get(relation);
  if (!target) return;
  for (const near of table.incoming) {
    const through = planning.schema.tables.get(near.table);
    for (const far of through?.outgoing ?? []) {
      if (!through || far.referencedTable !== relation || !isJoinTable(through, near, far)) continue;
      yield {
        kind: 'many-to-many',
        target,
        pairs: pairsOf(table, near.referencedColumns, through, near.columns),
        through: { table: through, pairs: pairsOf(through, far.columns, target, far.referencedColumns) },
        name: relationName(target),
        keys: [near, far],
        hints: [through.name, ...(target === table ? [near] : [near, far]).flatMap(namesOf)],
      };
    }
  }
}

/** The hint that chooses this one and none of the others. */
const hintFor = (one: Relationship, all: readonly Relationship[]): string | undefined =>
  one.hints.find((hint) => all.every((other) => other === one || !other.hints.includes(hint)));

/** Both ways along one key of a table to itself are told apart by `parent` and `children`, whatever names the key. */
function writtenAs(one: Relationship, all: readonly Relationship[], { relation }: Embed): string {
  const hint = hintFor(one, all);
  if (hint !== undefined) return `${relation}!${hint}`;
  const [key] = one.keys;
  return `${key?.name ?? relation}!${one.hints.at(-1) ?? ''}`;
}

function refuseAmbiguous(
  scope: Scope,
  embed: Embed,
  all: readonly Relationship[],
  parameter: string,
): AppError {
  const candidates = all.map((one) => ({
    relationship: one.kind,
    table: one.target.name,
    through: one.through?.table.name,
    foreignKeys: one.keys.map(({ name }) => name),
    write: writtenAs(one, all, embed),
  }));
  return new AppError('RELATIONSHIP_AMBIGUOUS', {
    message: `Several foreign keys lead from ${scope.table.name} there: write one of ${candidates.map(({ write }) => write).join(', ')}`,
    details: { parameter, candidates },
  });
}

function refuseMissing(scope: Scope, embed: Embed, parameter: string): AppError {
  const { table, planning } = scope;
  const linked = [
    ...table.outgoing.map((key) => key.referencedTable),
    ...table.incoming.map((key) => key.table),
  ];
  const visible = [...new Set(linked)].filter((name) => {
    const target = planning.schema.tables.get(name);
    return target !== undefined && readableColumns(planning, target).length > 0;
  });
  return new AppError('RELATIONSHIP_NOT_FOUND', {
    message: `No foreign key leads from ${table.name} to what is named in ${parameter}`,
    details: {
      parameter,
      relation: embed.relation,
      hint: embed.hint,
      closest: closestNames(embed.relation, visible),
    },
  });
}

/** What leads to or through a table that the caller may read nothing of is not there. */
function relationships(scope: Scope, embed: Embed): Relationship[] {
  const isSeen = (table: Table | undefined): boolean =>
    table === undefined || readableColumns(scope.planning, table).length > 0;
  const all = [...outgoing(scope, embed), ...incoming(scope, embed), ...throughOthers(scope, embed)];
  return all.filter(({ target, through }) => isSeen(target) && isSeen(through?.table));
}

export function findRelationship(scope: Scope, embed: Embed, parameter: string): Relationship {
  const all = relationships(scope, embed);
  const { hint } = embed;
  const fitting = hint === undefined ? all : all.filter(({ hints }) => hints.includes(hint));
  const [found, ...others] = fitting;
  if (!found) throw refuseMissing(scope, embed, parameter);
  if (others.length > 0) throw refuseAmbiguous(scope, embed, fitting, parameter);
  return found;
}
