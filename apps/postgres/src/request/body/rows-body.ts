import { LIMITS, tooComplex } from '../limits.ts';
import type { BodyFormat } from '../media-types.ts';
import { noColumns, readRow, seenRows } from './columns-seen.ts';
import { createCsvParser } from './csv-body.ts';
import { JsonScanner, OPEN_ARRAY } from './json-scanner.ts';
import { createNdjsonParser } from './ndjson-body.ts';
import type { RowsParser, SeenRows } from './rows-parser.ts';

/** Rows to be written, as the text that Postgres is given, and what the plan has to know of it. */
export interface RowsBody extends SeenRows {
  /** A JSON array of objects; or one object, where no array was sent. */
  json: string | Buffer;
  isArray: boolean;
  count: number;
}

function readJson(bytes: Buffer): RowsBody {
  const scanner = new JsonScanner(bytes);
  const seen = noColumns();
  const isArray = scanner.peek() === OPEN_ARRAY;
  function read(): void {
    if (seen.rows === LIMITS.rows) throw tooComplex('rows');
    readRow(scanner, seen, { row: seen.rows });
  }
  if (isArray) scanner.readArray(read);
  else read();
  scanner.expectEnd();
  return { json: bytes, isArray, count: seen.rows, ...seenRows(seen) };
}

function readLines(bytes: Buffer, parser: RowsParser): RowsBody {
  const rows: string[] = [];
  for (const { json, line } of parser.read(bytes)) {
    if (rows.length === LIMITS.rows) throw tooComplex('rows', { line });
    rows.push(String(json));
  }
  return { json: `[${rows.join()}]`, isArray: true, count: rows.length, ...parser.seen() };
}

const READERS: Record<BodyFormat, (bytes: Buffer) => RowsBody> = {
  json: readJson,
  csv: (bytes) => readLines(bytes, createCsvParser()),
  ndjson: (bytes) => readLines(bytes, createNdjsonParser()),
};

/** `bytes`: UTF-8. */
export const parseRowsBody = (bytes: Buffer, format: BodyFormat): RowsBody => READERS[format](bytes);
