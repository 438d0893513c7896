import { AppError } from '@plinth/contracts';
import type { RowsUrl } from '../request/ast.ts';
import type { RowsBody } from '../request/body/rows-body.ts';
import type { Table } from '../schema-cache/schema.ts';

// A PUT says what one row is to be: its URL names the row by the whole primary key, and the body repeats that key.

const refuse = (message: string, { primaryKey }: Table): AppError =>
  new AppError('INVALID_FILTER', { message, details: { primaryKey } });

/** The values of the primary key, if the filters are that and nothing else. */
function keyIn({ where }: RowsUrl, { primaryKey }: Table): Map<string, string> | undefined {
  const values = new Map<string, string>();
  for (const condition of where) {
    if (condition.kind !== 'test' || condition.isNegated || condition.field.steps.length > 0)
      return undefined;
    const { test, field } = condition;
    if (test.operator !== 'eq' || test.quantified || !primaryKey.includes(field.column)) return undefined;
    values.set(field.column, test.value);
  }
  return values.size === primaryKey.length && where.length === primaryKey.length ? values : undefined;
}

/** Numbers as they were written: a key may be larger than JavaScript's are exact. */
const asWritten = (_: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' ? context?.source : value;

export function checkPut(table: Table, url: RowsUrl, body: RowsBody): void {
  const { name, primaryKey } = table;
  if (primaryKey.length === 0) throw refuse(`${name} has no primary key, so no row of it can be put`, table);
  const key = keyIn(url, table);
  if (!key || url.limit !== undefined || url.offset !== undefined) {
    const form = primaryKey.map((column) => `${column}=eq.…`).join('&');
    throw refuse(`A PUT names one row by its whole primary key and by nothing else: ${form}`, table);
  }
  if (body.count !== 1) throw refuse('A PUT has the one row as its body', table);
  const parsed: unknown = JSON.parse(body.json, asWritten);
  const row: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  const written = new Map(row !== null && typeof row === 'object' ? Object.entries(row) : []);
  for (const [column, value] of key) {
    if (String(written.get(column)) !== value)
      throw refuse(`The body is to have the ${column} that the URL names`, table);
  }
}
