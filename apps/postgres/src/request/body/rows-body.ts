import { LIMITS, tooComplex } from '../limits.ts';
import type { BodyFormat } from '../media-types.ts';
import { noColumns, readRow, seenRows } from './columns-seen.ts';
import { createCsvParser } from './csv-body.ts';
import { JsonScanner } from './json-scanner.ts';
import { createNdjsonParser } from './ndjson-body.ts';
import type { RowsParser, SeenRows } from './rows-parser.ts';

/** Rows to be written, as the text that Postgres is given, and what the plan has to know of it. */
export interface RowsText extends SeenRows {
  /** A JSON array of objects; or one object, where no array was sent. */
  json: string | Buffer;
  isArray: boolean;
  count: number;
}

export interface RowsBody extends RowsText {
  json: string;
}

function readJson(text: string): RowsBody {
  const scanner = new JsonScanner(text);
  const seen = noColumns();
  const isArray = scanner.peek() === '[';
  function read(): void {
    if (seen.rows === LIMITS.rows) throw tooComplex('rows');
    readRow(scanner, seen, { row: seen.rows });
  }
  if (isArray) scanner.readArray(read);
  else read();
  scanner.expectEnd();
  return { json: text, isArray, count: seen.rows, ...seenRows(seen) };
}

function readLines(text: string, parser: RowsParser): RowsBody {
  const rows: string[] = [];
  for (const { json, line } of parser.read(text)) {
    if (rows.length === LIMITS.rows) throw tooComplex('rows', { line });
    rows.push(json);
  }
  return { json: `[${rows.join()}]`, isArray: true, count: rows.length, ...parser.seen() };
}

const READERS: Record<BodyFormat, (text: string) => RowsBody> = {
  json: readJson,
  csv: (text) => readLines(text, createCsvParser()),
  ndjson: (text) => readLines(text, createNdjsonParser()),
};

export const parseRowsBody = (text: string, format: BodyFormat): RowsBody => READERS[format](text);
