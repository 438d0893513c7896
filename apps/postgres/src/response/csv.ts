import { elementsOf, membersOf, textOf } from './json-text.ts';

// CSV as RFC 4180 has it. Null is nothing between two commas, the empty text is `""`; JSON in a column is its text.

const NEEDS_QUOTES = /[",\r\n]|^$|^\s|\s$|^NULL$/;

const writeField = (text: string | undefined): string => {
  if (text === undefined) return '';
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const writeLine = (fields: readonly (string | undefined)[]): string => `${fields.map(writeField).join()}\r\n`;

/** The first line, which names the columns. */
export const csvHeader = (columns: readonly string[]): string => writeLine(columns);

/** The line of a row, which is a JSON object. */
export function csvLine(columns: readonly string[], row: string): string {
  const values = new Map(membersOf(row));
  return writeLine(columns.map((column) => textOf(values.get(column) ?? 'null')));
}

/** Of rows as a JSON array of objects. */
export function csvOf(columns: readonly string[], rows: string): string {
  const lines = [...elementsOf(rows)].map((row) => csvLine(columns, row));
  return csvHeader(columns) + lines.join('');
}
