import { quoted } from '../ddl/identifier.ts';
import { invalid } from '../ddl/predicate.ts';
import { withoutLength } from '../plan/identifiers.ts';
import { columnNotFound } from './column-not-found.ts';

/** A table as far as what is said of its columns is concerned. */
export interface Ruled {
  name: string;
  columns: readonly { name: string; type: string }[];
}

export interface Subject {
  sql: string;
  type: string;
}

const TEXTS = new Set(['text', 'character varying', 'varchar', 'bpchar']);
const NUMBERS = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision']);

export const isList = ({ type }: Subject): boolean => type.endsWith('[]');

export function subjectOf(table: Ruled, name: string, field: string): Subject {
  const column = table.columns.find((one) => one.name === name);
  if (!column) throw columnNotFound(table.name, name, field);
  return { sql: quoted(name), type: withoutLength(column.type) };
}

const notFor = ({ type }: Subject, field: string) =>
  invalid(field, `is not for a column of the type ${type}`);

export function textOf(subject: Subject, field: string): string {
  if (TEXTS.has(subject.type)) return `${subject.sql}::text`;
  throw notFor(subject, field);
}

export function numberOf(subject: Subject, field: string): string {
  if (NUMBERS.has(subject.type)) return subject.sql;
  throw notFor(subject, field);
}
