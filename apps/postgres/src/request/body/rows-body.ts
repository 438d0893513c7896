import type { BodyFormat } from '../media-types.ts';
import { type ColumnsSeen, noColumns, readRow } from './columns-seen.ts';
import { readCsv } from './csv-body.ts';
import { JsonScanner } from './json-scanner.ts';

/** Rows to be written, as the text that Postgres is given, and what the plan has to know of it. */
export interface RowsBody {
  /** A JSON array of objects; or one object, where no array was sent. */
  json: string;
  isArray: boolean;
  count: number;
  /** The keys of all rows, in the order in which they first appear. */
  columns: readonly string[];
  /** Whether every row has all of them. */
  isUniform: boolean;
}

export const rowsBody = (json: string, isArray: boolean, { names, rows, fewest }: ColumnsSeen): RowsBody => ({
  json,
  isArray,
  count: rows,
  columns: [...names.keys()],
  isUniform: rows === 0 || fewest === names.size,
});

function readJson(text: string): RowsBody {
  const scanner = new JsonScanner(text);
  const seen = noColumns();
  const isArray = scanner.peek() === '[';
  const read = () => readRow(scanner, seen, { row: seen.rows });
  if (isArray) scanner.readArray(read);
  else read();
  scanner.expectEnd();
  return rowsBody(text, isArray, seen);
}

/** One object a line; empty lines are none. */
function readNdjson(text: string): RowsBody {
  const seen = noColumns();
  const rows: string[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const row = line.trim();
    if (row === '') continue;
    const details = { line: i + 1 };
    const scanner = new JsonScanner(row, details);
    readRow(scanner, seen, details);
    scanner.expectEnd();
    rows.push(row);
  }
  return rowsBody(`[${rows.join()}]`, true, seen);
}

const READERS: Record<BodyFormat, (text: string) => RowsBody> = {
  json: readJson,
  csv: readCsv,
  ndjson: readNdjson,
};

export const parseRowsBody = (text: string, format: BodyFormat): RowsBody => READERS[format](text);
