import { AppError } from '@plinth/contracts';
import { shown } from '../scanner.ts';
import { addColumn, type ColumnsSeen, noColumns, readRow, seenRows } from './columns-seen.ts';
import { CLOSE_OBJECT, isSpace, JsonScanner, OPEN_OBJECT } from './json-scanner.ts';
import type { KnownKeys, RowsParser } from './rows-parser.ts';

function refuseKeys(line: number, problem: string): AppError {
  return new AppError('VALIDATION_FAILED', {
    message: `Line ${line}: ${problem}: name the columns with columns`,
    details: { line },
  });
}

/** Of rows whose columns are settled, by the last that was read. */
function checkKeys(seen: ColumnsSeen, count: number, { columns, isExact }: KnownKeys, line: number): void {
  if (seen.names.size > columns.length) {
    const other = [...seen.names.keys()].at(columns.length) ?? '';
    throw refuseKeys(line, `the first rows have no "${shown(other)}"`);
  }
  if (isExact && count < columns.length)
    throw refuseKeys(
      line,
      'it lacks a key of the first rows, and Prefer: missing=default or missing=null does not say what that means',
    );
}

const LINE_BREAK = 0x0a;

/** What stands between two places, without the space around it, which may be of any kind. */
function trimmed(bytes: Buffer, from: number, to: number): Buffer {
  let [start, end] = [from, to];
  while (start < end && isSpace(bytes[start])) start++;
  while (start < end && isSpace(bytes[end - 1])) end--;
  const isObject = bytes[start] === OPEN_OBJECT && bytes[end - 1] === CLOSE_OBJECT;
  if (isObject || start === end) return bytes.subarray(start, end);
  return Buffer.from(bytes.toString('utf8', start, end).trim());
}

/** One object a line; empty lines are none. */
export function createNdjsonParser(): RowsParser {
  let next = 1;
  let seen = noColumns();
  let known: KnownKeys | undefined;
  return {
    line: () => next,
    *read(bytes) {
      for (let from = 0; from < bytes.length; ) {
        const found = bytes.indexOf(LINE_BREAK, from);
        const to = found === -1 ? bytes.length : found;
        const row = trimmed(bytes, from, to);
        from = to + 1;
        const line = next++;
        if (row.length === 0) continue;
        const details = { line };
        const scanner = new JsonScanner(row, details);
        const count = readRow(scanner, seen, details);
        scanner.expectEnd();
        if (known) checkKeys(seen, count, known, line);
        yield { json: row, line };
      }
    },
    seen: () => seenRows(seen),
    begin(keys) {
      known = keys;
      seen = noColumns();
      for (const name of keys?.columns ?? []) addColumn(seen, name, Buffer.from(JSON.stringify(name)));
    },
  };
}
