import { AppError } from '@plinth/contracts';
import { columnTypeOf } from '../ddl/column-type.ts';
import { type ColumnDefault, defaultSql } from '../ddl/default-value.ts';
import { inSchema, quoted } from '../ddl/identifier.ts';
import { textOrNull } from '../ddl/literal.ts';
import { invalid } from '../ddl/predicate.ts';
import type { PlannedStatement } from '../ddl/schema-change.ts';
import type { Place } from '../placement/place.ts';
import { columnNotFound } from './column-not-found.ts';
import { ACTIONS, columnCheckStatement } from './constraint.plan.ts';
import { generatedSql } from './generated.plan.ts';
import type { Ruled } from './subject.ts';
import type { ColumnChange, NewColumn } from './column.schema.ts';
import type { Table } from './table.schema.ts';

// A column as it is defined, and as it changes.

/** Of a column, once it was proven by the schema of the request. */
export function typeOf(place: Place, type: NewColumn['type']): string {
  if (typeof type === 'object') return `${inSchema(place.schema, type.enum)}${type.array ? '[]' : ''}`;
  const sql = columnTypeOf(type);
  if (sql === undefined)
    throw new AppError('INVALID_VALUE', { message: 'is not a type that a column can have' });
  return sql;
}

export const typed = (place: Place, { name, type }: NewColumn) => ({ name, type: typeOf(place, type) });

export function definitionOf(place: Place, table: Ruled, column: NewColumn, field: string): string {
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
export function piecesOf(place: Place, ruled: Ruled, column: NewColumn, field: string): PlannedStatement[] {
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

export function alterStatements(
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

export function addedOf(place: Place, table: Ruled, column: NewColumn, field: string): string {
  const definition = definitionOf(place, table, column, field);
  if (column.default === undefined) return definition;
  return `${definition} default ${defaultOf(column.default, typeOf(place, column.type), `${field}.default`)}`;
}
