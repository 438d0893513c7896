import { AppError } from '@plinth/contracts';
import { shown } from '../scanner.ts';
import { type ColumnsSeen, noColumns, readRow, seenRows } from './columns-seen.ts';
import { JsonScanner } from './json-scanner.ts';
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

/** One object a line; empty lines are none. */
export function createNdjsonParser(): RowsParser {
  let next = 1;
  let seen = noColumns();
  let known: KnownKeys | undefined;
  return {
    line: () => next,
    *read(text) {
      const isWhole = text.endsWith('\n');
      for (const written of (isWhole ? text.slice(0, -1) : text).split('\n')) {
        const line = next++;
        const row = written.trim();
        if (row === '') continue;
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
      for (const name of keys?.columns ?? []) seen.names.set(name, -1);
    },
  };
}
