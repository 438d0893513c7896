import { inSchema, listOf, quoted } from '../ddl/identifier.ts';
import { literalOf } from '../ddl/literal.ts';
import { compared, constantOf, isAnyOf, operator, predicateOf } from '../ddl/predicate.ts';
import type { PlannedStatement } from '../ddl/schema-change.ts';
import type { Place } from '../placement/place.ts';
import type {
  CheckCondition,
  ColumnCheck,
  NewCheck,
  NewForeignKey,
  NewUnique,
  ReferenceAction,
} from './constraint.schema.ts';
import { isList, type Ruled, type Subject, subjectOf, textOf } from './subject.ts';

// The rules of a table as statements. There is no expression of a caller's in them: a condition is put together from the names of
// columns, functions and operators of closed lists, and constants.

export const ACTIONS: Readonly<Record<ReferenceAction, string>> = {
  noAction: 'no action',
  restrict: 'restrict',
  cascade: 'cascade',
  setNull: 'set null',
  setDefault: 'set default',
};

const lengthOf = (subject: Subject, field: string): string =>
  isList(subject)
    ? `pg_catalog.cardinality(${subject.sql})`
    : `pg_catalog.char_length(${textOf(subject, field)})`;

function lengthSql(subject: Subject, { min, max }: ColumnCheck, field: string): string {
  const length = lengthOf(subject, field);
  const parts = [
    ...(min === undefined ? [] : [compared(length, 'gte', String(min))]),
    ...(max === undefined ? [] : [compared(length, 'lte', String(max))]),
  ];
  return parts.join(' and ');
}

function conditionSql(table: Ruled, condition: CheckCondition, field: string): string {
  const { column, operator: by, value, other } = condition;
  const subject = subjectOf(table, column, `${field}.column`);
  const { sql, type } = subject;
  switch (by) {
    case 'isNull':
      return `${sql} is null`;
    case 'isNotNull':
      return `${sql} is not null`;
    case 'in':
      return isAnyOf(sql, constantOf(value, `${type}[]`, `${field}.value`));
    case 'length':
      return lengthSql(subject, condition, `${field}.operator`);
    case 'notEmpty':
      return isList(subject)
        ? compared(lengthOf(subject, field), 'gt', '0')
        : compared(`pg_catalog.btrim(${textOf(subject, `${field}.operator`)})`, 'neq', "''::text");
    case 'matches':
      return `${textOf(subject, `${field}.operator`)} ${operator('~')} ${literalOf(value ?? null, 'text')}`;
    default: {
      const right =
        other === undefined
          ? constantOf(value, type, `${field}.value`)
          : subjectOf(table, other, `${field}.other`).sql;
      return compared(sql, by, right);
    }
  }
}

const alter = (place: Place, table: string): string => `alter table ${inSchema(place.schema, table)}`;

/** Of rules that a table is given when it has rows: they are asked of new rows first, then of those. */
function added(
  place: Place,
  table: string,
  definition: string,
  field: string,
  checked: { name?: string | undefined; validate?: boolean | undefined },
): PlannedStatement {
  const lazily = checked.validate === false ? ' not valid' : '';
  const named = checked.name === undefined ? '' : `constraint ${quoted(checked.name)} `;
  return { text: `${alter(place, table)} add ${named}${definition}${lazily}`, field };
}

export function checkStatement(place: Place, table: Ruled, check: NewCheck, field: string): PlannedStatement {
  const sql = predicateOf(check, field, (condition, path) => conditionSql(table, condition, path));
  return added(place, table.name, `check (${sql})`, field, check);
}

/** All of them have to hold. Its name is left to Postgres: `note_rank_check`. */
export function columnCheckStatement(
  place: Place,
  table: Ruled,
  column: string,
  checks: readonly ColumnCheck[],
  field: string,
): PlannedStatement {
  const parts = checks.map((check, index) => conditionSql(table, { ...check, column }, `${field}.${index}`));
  return added(place, table.name, `check (${parts.map((part) => `(${part})`).join(' and ')})`, field, {});
}

export function foreignKeyStatement(
  place: Place,
  table: Ruled,
  key: NewForeignKey,
  field: string,
): PlannedStatement {
  const { columns, references, onDelete, onUpdate } = key;
  for (const [index, column] of columns.entries()) subjectOf(table, column, `${field}.columns.${index}`);
  const target = `${inSchema(place.schema, references.table)} (${listOf(references.columns)})`;
  const actions = [
    ...(onDelete ? [` on delete ${ACTIONS[onDelete]}`] : []),
    ...(onUpdate ? [` on update ${ACTIONS[onUpdate]}`] : []),
  ].join('');
  const definition = `foreign key (${listOf(columns)}) references ${target}${actions}`;
  return added(place, table.name, definition, field, key);
}

export function uniqueStatement(
  place: Place,
  table: Ruled,
  { name, columns }: NewUnique,
  field: string,
): PlannedStatement {
  for (const [index, column] of columns.entries()) subjectOf(table, column, `${field}.columns.${index}`);
  return added(place, table.name, `unique (${listOf(columns)})`, field, { name });
}

export const dropConstraintStatement = (
  place: Place,
  table: string,
  name: string,
  field: string,
): PlannedStatement => ({ text: `${alter(place, table)} drop constraint ${quoted(name)}`, field });

export const validateStatement = (
  place: Place,
  table: string,
  name: string,
  field: string,
): PlannedStatement => ({ text: `${alter(place, table)} validate constraint ${quoted(name)}`, field });
