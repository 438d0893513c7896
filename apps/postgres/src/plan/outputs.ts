import { AppError } from '@plinth/contracts';
import type { SelectedField } from '../request/ast.ts';
import type { Column } from '../schema-cache/schema.ts';
import { castOf } from './casts.ts';
import { type Field, selectedField } from './fields.ts';
import { columnName } from './identifiers.ts';
import { type Planning, readableColumns, type Scope } from './scope.ts';
import { bind, join, type Sql, sql } from './sql.ts';

// What a row is answered as: a list of keys and values. Where every key is a name of the schema the row itself becomes the JSON;
// a name that the caller chose is bound, and the object is built.

export interface Output {
  key: string;
  /** The key as a name of the schema. */
  name: Sql | undefined;
  value: Sql;
  /** It has no equality of its own, so to group by it is to group by its `jsonb`. */
  isJson: boolean;
}

const isExact = (baseType: string): boolean => baseType === 'bigint' || baseType.startsWith('numeric');

/** A value as it is answered: exact numbers as text, where that was asked for. */
export function answered(
  { hasNumbersAsText }: Planning,
  value: Sql,
  baseType: string,
  isArray: boolean,
): Sql {
  if (!hasNumbersAsText || !isExact(baseType)) return value;
  return isArray ? sql`${value}::text[]` : sql`${value}::text`;
}

/** The name that a key has in the schema: of a column of the table, whatever it is given to. */
export const knownName = ({ table }: Scope, key: string): Sql | undefined => {
  const column = table.columns.get(key);
  return column && columnName(column);
};

export function outputOf(planning: Planning, alias: Sql, column: Column): Output {
  const { name, category, baseType } = column;
  const value = answered(planning, sql`${alias}.${columnName(column)}`, baseType, category === 'array');
  return { key: name, name: columnName(column), value, isJson: category === 'json' };
}

export function columnOutputs({ planning, table, alias, used }: Scope): Output[] {
  const columns = readableColumns(planning, table);
  if (columns.length === 0) {
    throw new AppError('PERMISSION_DENIED', {
      message: `The caller may read no column of ${table.name}`,
      details: { table: table.name },
    });
  }
  return columns.map((column) => {
    used.add(column);
    return outputOf(planning, alias, column);
  });
}

export function keyOfField({ alias, field }: SelectedField): string {
  if (alias !== undefined) return alias;
  const lastKey = field.steps.findLast((step) => 'key' in step);
  return lastKey && 'key' in lastKey ? lastKey.key : field.column;
}

export function castField(scope: Scope, { cast }: SelectedField, field: Field): Field {
  if (cast === undefined) return field;
  const { type, category, baseType } = castOf(cast, `${scope.path}select`);
  return {
    ...field,
    expression: sql`${field.expression}::${type}`,
    type,
    baseType,
    category,
    column: undefined,
  };
}

export function fieldOutput(scope: Scope, item: SelectedField): Output {
  const field = castField(scope, item, selectedField(scope, item.field, `${scope.path}select`));
  const key = keyOfField(item);
  const isJson = field.category === 'json';
  const value = answered(scope.planning, field.expression, field.baseType, field.category === 'array');
  return { key, name: knownName(scope, key), value, isJson };
}

/** What is named twice is answered once, as the last to be named. */
export const distinct = (outputs: readonly Output[]): Output[] => [
  ...new Map(outputs.map((output) => [output.key, output])).values(),
];

/** Postgres takes a hundred arguments at most. */
const MAX_PAIRS = 50;

const pair = ({ key, value }: Output): Sql => sql`${bind(key, sql`text`)}, ${value}`;

export function jsonObject(outputs: readonly Output[]): Sql {
  const objects: Sql[] = [];
  for (let start = 0; start < outputs.length || start === 0; start += MAX_PAIRS) {
    const pairs = outputs.slice(start, start + MAX_PAIRS).map(pair);
    objects.push(sql`pg_catalog.json_build_object(${join(pairs, ', ')})`);
  }
  const [only, ...more] = objects;
  if (only && more.length === 0) return only;
  const members = objects.map(
    (object) => sql`pg_catalog."left"(pg_catalog."right"(${object}::text, -1), -1)`,
  );
  return sql`('{' || pg_catalog.concat_ws(', ', ${join(members, ', ')}) || '}')::json`;
}
