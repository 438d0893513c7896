import type { Column, DatabaseFunction, ForeignKey, Table, WorkspaceSchema } from '../schema-cache/schema.ts';
import { type Sql, trusted } from './sql.ts';

// The one way for a name to come into SQL: as something that the schema holds.

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const columnName = (column: Column): Sql => trusted(quoted(column.name));

/** A table's or a foreign key's name by itself: what the rows of a relation are called in JSON. */
export const relationName = (relation: Table | ForeignKey): Sql => trusted(quoted(relation.name));

export const tableName = (schema: WorkspaceSchema, table: Table): Sql =>
  trusted(`${quoted(schema.name)}.${quoted(table.name)}`);

export const functionName = (schema: WorkspaceSchema, called: DatabaseFunction): Sql =>
  trusted(`${quoted(schema.name)}.${quoted(called.name)}`);

type Parameter = DatabaseFunction['parameters'][number];

export const parameterName = (parameter: Parameter): Sql => trusted(quoted(parameter.name));
export const parameterType = (parameter: Parameter): Sql => trusted(parameter.type);

/** The type of a column with its length and its domain's rules: what is written there must fit. */
export const typeOf = (column: Column): Sql => trusted(column.type);

/** Of a length nothing is left: a value that is compared must not be cut or rounded to fit the column. */
export function withoutLength(type: string): string {
  if (type.includes('"')) return type;
  const bare = type.replace(/\(\d+(, ?-?\d+)?\)/, '');
  if (/^char(acter)?(\[\])?$/.test(bare)) return bare.replace(/^char(acter)?/, 'bpchar');
  return bare === 'bit' || bare === 'bit[]' ? bare.replace('bit', 'bit varying') : bare;
}

/** The type that values are compared with a column as. */
export function comparedType(column: Column): Sql {
  const base = withoutLength(column.baseType);
  return trusted(column.category === 'array' && !base.endsWith('[]') ? `${base}[]` : base);
}

export const textSearchConfig = (found: string): Sql =>
  trusted(`'${quoted(found).replaceAll("'", "''")}'::pg_catalog.regconfig`);

/** A name of our own making: `t0`, `e1`. */
export const numbered = (letter: 't' | 'e' | 'r' | 'j' | 'c' | 'w' | 'b', number: number): Sql =>
  trusted(`${letter}${number}`);

/** A name of our own that no column of the table has. */
export function freeName(table: Table, name: 'inserted' | 'ordinality'): Sql {
  let free: string = name;
  while (table.columns.has(free)) free = `_${free}`;
  return trusted(quoted(free));
}
