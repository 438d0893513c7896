import { AppError } from '@plinth/contracts';
import { escapeLiteral } from 'pg';
import { columnTypeOf } from '../ddl/column-type.ts';
import { type ColumnDefault, defaultSql } from '../ddl/default-value.ts';
import { inSchema, listOf, quoted } from '../ddl/identifier.ts';
import { invalid } from '../ddl/predicate.ts';
import type { PlannedStatement } from '../ddl/schema-change.ts';
import { type Place, roleName, type Standing } from '../placement/place.ts';
import { columnNotFound } from './column-not-found.ts';
import {
  ACTIONS,
  checkStatement,
  columnCheckStatement,
  dropConstraintStatement,
  foreignKeyStatement,
  uniqueStatement,
  validateStatement,
} from './constraint.plan.ts';
import type { Constraint } from './constraint.schema.ts';
import { generatedSql } from './generated.plan.ts';
import type { Ruled } from './subject.ts';
import { builtInPolicy } from './table.repo.ts';
import {
  type ColumnChange,
  type CreateTable,
  HIDABLE,
  type Hidable,
  type NewColumn,
  type Table,
  type UpdateTable,
} from './table.schema.ts';

// Which statements make a table what it is asked to be. Names are quoted, types, functions and actions are of closed lists,
// constants are quoted text: there is no expression of a caller's in any of them. What a statement is about is said with it.

const textOrNull = (text: string | null): string => (text === null ? 'null' : escapeLiteral(text));

/** Of a column, once it was proven by the schema of the request. */
function typeOf(place: Place, type: NewColumn['type']): string {
  if (typeof type === 'object') return `${inSchema(place.schema, type.enum)}${type.array ? '[]' : ''}`;
  const sql = columnTypeOf(type);
  if (sql === undefined)
    throw new AppError('INVALID_VALUE', { message: 'is not a type that a column can have' });
  return sql;
}

const typed = (place: Place, { name, type }: NewColumn) => ({ name, type: typeOf(place, type) });

function definitionOf(place: Place, table: Ruled, column: NewColumn, field: string): string {
  const { identity, generated } = column;
  if (generated && (identity || column.default !== undefined))
    throw invalid(`${field}.generated`, 'leaves nothing to a default or an identity');
  const path = `${field}.generated`;
  return [
    quoted(column.name),
    typeOf(place, column.type),
    ...(identity ? [`generated ${identity === 'always' ? 'always' : 'by default'} as identity`] : []),
    ...(generated ? [`generated always as (${generatedSql(table, generated, path)}) stored`] : []),
    ...(column.nullable ? [] : ['not null']),
  ].join(' ');
}

function defaultOf(given: ColumnDefault, type: string, field: string): string {
  const sql = defaultSql(given, type);
  if (sql === undefined) throw invalid(field, `is not a value of the type ${type}`);
  return sql;
}

/** What a new column has beside its definition, each in a statement of its own, so that what is wrong can be named. */
function piecesOf(place: Place, ruled: Ruled, column: NewColumn, field: string): PlannedStatement[] {
  const { name, references, checks, comment } = column;
  const table = ruled.name;
  const alter = `alter table ${inSchema(place.schema, table)}`;
  const planned: PlannedStatement[] = [];
  if (column.default !== undefined) {
    const path = `${field}.default`;
    const value = defaultOf(column.default, typeOf(place, column.type), path);
    planned.push({ text: `${alter} alter column ${quoted(name)} set default ${value}`, field: path });
  }
  if (column.unique)
    planned.push({ text: `${alter} add unique (${quoted(name)})`, field: `${field}.unique` });
  if (references) {
    const target = `${inSchema(place.schema, references.table)} (${quoted(references.column)})`;
    planned.push({
      text: `${alter} add foreign key (${quoted(name)}) references ${target} on delete ${ACTIONS[references.onDelete]}`,
      field: `${field}.references`,
    });
  }
  if (checks) planned.push(columnCheckStatement(place, ruled, name, checks, `${field}.checks`));
  if (comment != null) planned.push(commentOn(place, table, name, comment, `${field}.comment`));
  return planned;
}

const commentOn = (
  place: Place,
  table: string,
  column: string,
  comment: string | null,
  field: string,
): PlannedStatement => ({
  text: `comment on column ${inSchema(place.schema, table)}.${quoted(column)} is ${textOrNull(comment)}`,
  field,
});

function policyStatement(place: Place, table: string, standing: Standing, isOpen: boolean): PlannedStatement {
  const [name, on] = [quoted(builtInPolicy(standing)), inSchema(place.schema, table)];
  const role = quoted(roleName(place, standing));
  return {
    text: isOpen
      ? `create policy ${name} on ${on} for all to ${role} using (true) with check (true)`
      : `drop policy ${name} on ${on}`,
    field: 'policiesFor',
  };
}

/** What a standing may do to the columns of a table: all of them, or those that are not hidden from it. */
function grantsOf(
  place: Place,
  table: string,
  standing: Hidable,
  columns: readonly { name: string; hiddenFrom: readonly Hidable[] }[],
): PlannedStatement[] {
  const role = quoted(roleName(place, standing));
  const on = inSchema(place.schema, table);
  const visible = columns.filter(({ hiddenFrom }) => !hiddenFrom.includes(standing)).map(({ name }) => name);
  const list = visible.length === columns.length ? '' : ` (${listOf(visible)})`;
  const rights = ['select', 'insert', 'update'].map((right) => `${right}${list}`).join(', ');
  const field = 'hiddenFrom';
  const revoke = { text: `revoke select, insert, update, delete on ${on} from ${role}`, field };
  return visible.length === 0
    ? [revoke]
    : [revoke, { text: `grant ${rights}, delete on ${on} to ${role}`, field }];
}

const FIELDS = { checks: 'checks', uniques: 'uniques', foreignKeys: 'foreignKeys' };
const ADDED_FIELDS = { checks: 'addChecks', uniques: 'addUniques', foreignKeys: 'addForeignKeys' };

/** Keys come before what may refer to them. */
function constraintStatements(
  place: Place,
  table: Ruled,
  { uniques = [], checks = [], foreignKeys = [] }: Pick<CreateTable, 'checks' | 'uniques' | 'foreignKeys'>,
  fields = FIELDS,
): PlannedStatement[] {
  return [
    ...uniques.map((unique, i) => uniqueStatement(place, table, unique, `${fields.uniques}.${i}`)),
    ...checks.map((check, i) => checkStatement(place, table, check, `${fields.checks}.${i}`)),
    ...foreignKeys.map((key, i) => foreignKeyStatement(place, table, key, `${fields.foreignKeys}.${i}`)),
  ];
}

export function planCreateTable(
  place: Place,
  input: Omit<CreateTable, 'workspaceId' | 'dryRun'>,
): PlannedStatement[] {
  const { name, columns, comment, policiesFor, checks, uniques, foreignKeys } = input;
  const ruled = { name, columns: columns.map((column) => typed(place, column)) };
  const on = inSchema(place.schema, name);
  const primaryKey = columns.filter((column) => column.primaryKey).map((column) => column.name);
  const parts = [
    ...columns.map((column, index) => definitionOf(place, ruled, column, `columns.${index}`)),
    ...(primaryKey.length > 0 ? [`primary key (${listOf(primaryKey)})`] : []),
  ];
  const open: Standing[] = ['member', ...HIDABLE.filter((standing) => !policiesFor.includes(standing))];
  // Keys have a new table by themselves, end users what they are given of it.
  const isGranted = (standing: Hidable) =>
    standing === 'user' || columns.some(({ hiddenFrom }) => hiddenFrom.includes(standing));
  return [
    { text: `create table ${on} (${parts.join(', ')})`, field: 'name' },
    ...columns.flatMap((column, index) => piecesOf(place, ruled, column, `columns.${index}`)),
    ...constraintStatements(place, ruled, { checks, uniques, foreignKeys }),
    { text: `alter table ${on} enable row level security`, field: 'policiesFor' },
    ...open.map((standing) => policyStatement(place, name, standing, true)),
    ...HIDABLE.filter(isGranted).flatMap((standing) => grantsOf(place, name, standing, columns)),
    ...(comment == null
      ? []
      : [{ text: `comment on table ${on} is ${textOrNull(comment)}`, field: 'comment' }]),
  ];
}

function alterStatements(
  place: Place,
  before: Table,
  change: ColumnChange,
  field: string,
): PlannedStatement[] {
  const current = before.columns.find(({ name }) => name === change.name);
  if (!current) throw columnNotFound(before.name, change.name, `${field}.name`);
  const name = quoted(change.name);
  const alter = `alter table ${inSchema(place.schema, before.name)} alter column ${name}`;
  const type = change.type === undefined ? undefined : typeOf(place, change.type);
  const planned: PlannedStatement[] = [];
  const drop = { text: `${alter} drop default`, field: `${field}.default` };
  if (change.default !== undefined && current.default !== null) planned.push(drop);
  if (type !== undefined)
    planned.push({ text: `${alter} type ${type} using ${name}::${type}`, field: `${field}.type` });
  if (change.default) {
    const value = defaultOf(change.default, type ?? current.type, `${field}.default`);
    planned.push({ text: `${alter} set default ${value}`, field: `${field}.default` });
  }
  if (change.nullable !== undefined && change.nullable !== current.nullable) {
    const text = `${alter} ${change.nullable ? 'drop' : 'set'} not null`;
    planned.push({ text, field: `${field}.nullable` });
  }
  if (change.comment !== undefined) {
    planned.push(commentOn(place, before.name, change.name, change.comment, `${field}.comment`));
  }
  return planned;
}

type Update = Omit<UpdateTable, 'workspaceId' | 'table' | 'dryRun'>;

function columnsAfter(place: Place, before: Table, input: Update) {
  const { addColumns = [], alterColumns = [], dropColumns = [] } = input;
  const kept = before.columns.filter(({ name }) => !dropColumns.includes(name));
  const changed = kept.map(({ name, type, hiddenFrom }) => {
    const change = alterColumns.find((one) => one.name === name);
    return {
      name: change?.newName ?? name,
      type: change?.type === undefined ? type : typeOf(place, change.type),
      hiddenFrom: change?.hiddenFrom ?? hiddenFrom,
    };
  });
  const added = addColumns.map((column) => ({ ...typed(place, column), hiddenFrom: column.hiddenFrom }));
  return [...changed, ...added];
}

const withoutNewName = ({ newName: _, ...change }: ColumnChange): ColumnChange => change;

/** One that is there, and of which this can be asked. */
function constraintNamed(
  { name: table, constraints }: Table,
  name: string,
  field: string,
  kinds: readonly Constraint['kind'][],
): string {
  const found = constraints.find((one) => one.name === name);
  if (!found) {
    throw new AppError('NOT_FOUND', {
      message: `${field}: the table ${table} has no constraint ${name}`,
      details: { table, constraint: name, field },
    });
  }
  if (!kinds.includes(found.kind)) throw invalid(field, `is not for a ${found.kind}`);
  return name;
}

/**
 * What goes goes first, then columns change, and new ones come. Rules that come speak of the columns as they are called from then
 * on. The table's own name changes last of all.
 */
export function planUpdateTable(place: Place, before: Table, input: Update): PlannedStatement[] {
  const { name, comment, addColumns = [], alterColumns = [], dropColumns = [], policiesFor } = input;
  const { dropConstraints = [], validateConstraints = [] } = input;
  const { addChecks: checks, addUniques: uniques, addForeignKeys: foreignKeys } = input;
  const on = inSchema(place.schema, before.name);
  const after = columnsAfter(place, before, input);
  // Columns come before others are renamed.
  const ruled = {
    name: before.name,
    columns: [...columnsAfter(place, before, { ...input, alterColumns: alterColumns.map(withoutNewName) })],
  };
  const missing = dropColumns.findIndex((dropped) =>
    before.columns.every((column) => column.name !== dropped),
  );
  if (missing >= 0) throw columnNotFound(before.name, dropColumns[missing] ?? '', `dropColumns.${missing}`);
  const isHiding = (standing: Hidable) =>
    [...before.columns, ...after].some(({ hiddenFrom }) => hiddenFrom.includes(standing));
  const touchesColumns = [addColumns, alterColumns, dropColumns].some(({ length }) => length > 0);
  const regranted = touchesColumns ? HIDABLE.filter(isHiding) : [];
  return [
    ...dropConstraints.map((given, index) => {
      const field = `dropConstraints.${index}`;
      const dropped = constraintNamed(before, given, field, ['check', 'unique', 'foreignKey', 'exclusion']);
      return dropConstraintStatement(place, before.name, dropped, field);
    }),
    ...dropColumns.map((column, index) => ({
      text: `alter table ${on} drop column ${quoted(column)}`,
      field: `dropColumns.${index}`,
    })),
    ...alterColumns.flatMap((change, index) =>
      alterStatements(place, before, change, `alterColumns.${index}`),
    ),
    ...addColumns.flatMap((column, index) => {
      const field = `addColumns.${index}`;
      if (column.primaryKey)
        throw invalid(`${field}.primaryKey`, 'a table has its primary key from the start');
      return [
        // Its default first of all, for the rows that are there.
        {
          text: `alter table ${on} add column ${addedOf(place, ruled, column, field)}`,
          field: `${field}.name`,
        },
        ...piecesOf(place, ruled, { ...column, default: undefined }, field),
      ];
    }),
    ...alterColumns.flatMap((change, index) =>
      change.newName === undefined || change.newName === change.name
        ? []
        : [
            {
              text: `alter table ${on} rename column ${quoted(change.name)} to ${quoted(change.newName)}`,
              field: `alterColumns.${index}.newName`,
            },
          ],
    ),
    ...constraintStatements(
      place,
      { name: before.name, columns: after },
      { checks, uniques, foreignKeys },
      ADDED_FIELDS,
    ),
    ...validateConstraints.map((given, index) => {
      const field = `validateConstraints.${index}`;
      const validated = constraintNamed(before, given, field, ['check', 'foreignKey']);
      return validateStatement(place, before.name, validated, field);
    }),
    ...(policiesFor === undefined
      ? []
      : HIDABLE.filter(
          (standing) => policiesFor.includes(standing) !== before.policiesFor.includes(standing),
        ).map((standing) => policyStatement(place, before.name, standing, !policiesFor.includes(standing)))),
    ...regranted.flatMap((standing) => grantsOf(place, before.name, standing, after)),
    ...(comment === undefined
      ? []
      : [{ text: `comment on table ${on} is ${textOrNull(comment)}`, field: 'comment' }]),
    ...(name === undefined || name === before.name
      ? []
      : [{ text: `alter table ${on} rename to ${quoted(name)}`, field: 'name' }]),
  ];
}

function addedOf(place: Place, table: Ruled, column: NewColumn, field: string): string {
  const definition = definitionOf(place, table, column, field);
  if (column.default === undefined) return definition;
  return `${definition} default ${defaultOf(column.default, typeOf(place, column.type), `${field}.default`)}`;
}

export const planRemoveTable = (
  place: Place,
  table: string,
  { cascade }: { cascade: boolean },
): PlannedStatement[] => [
  { text: `drop table ${inSchema(place.schema, table)}${cascade ? ' cascade' : ''}`, field: 'table' },
];
