import { elementsOf, keysAndValuesOf, membersOf, textOf } from './json-text.ts';

// CSV as RFC 4180 has it. Null is nothing between two commas, the empty text is `""`; JSON in a column is its text.

const NEEDS_QUOTES = /[",\r\n]|^$|^\s|\s$|^NULL$/;

const writeText = (text: string): string =>
  NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function writeField(value: string | undefined): string {
  const text = value === undefined ? undefined : textOf(value);
  return text === undefined ? '' : writeText(text);
}

const asLine = (fields: readonly string[]): string => `${fields.join()}\r\n`;

const writeLine = (values: readonly (string | undefined)[]): string => asLine(values.map(writeField));

/** The first line, which names the columns. */
export const csvHeader = (columns: readonly string[]): string => asLine(columns.map(writeText));

/** Makes the line of a row, which is a JSON object: most often its keys are these, in this order. */
export function csvLines(columns: readonly string[]): (row: string) => string {
  const keys = columns.map((column) => JSON.stringify(column));
  return (row) => {
    const parts = keysAndValuesOf(row);
    let next = 0;
    const inOrder = keys.map((key) => {
      if (parts[next] !== key) return undefined;
      next += 2;
      return parts[next - 1];
    });
    if (next === parts.length) return writeLine(inOrder);
    const values = new Map(membersOf(row));
    return writeLine(columns.map((column) => values.get(column)));
  };
}

/** Of rows as a JSON array of objects. */
export const csvOf = (columns: readonly string[], rows: string): string =>
  csvHeader(columns) + [...elementsOf(rows)].map(csvLines(columns)).join('');
