import { AppError, type ErrorDetails } from '@plinth/contracts';
import { LIMITS, tooComplex } from '../limits.ts';
import { shown } from '../scanner.ts';
import type { JsonScanner } from './json-scanner.ts';
import type { SeenRows } from './rows-parser.ts';

/** The columns that the rows of a body name, in the order in which they are first named. */
export interface ColumnsSeen {
  /** By name, the last row that has it. */
  names: Map<string, number>;
  rows: number;
  /** Of the row that has the fewest. */
  fewest: number;
}

export const noColumns = (): ColumnsSeen => ({ names: new Map(), rows: 0, fewest: Infinity });

export const decodeKey = (key: string): string =>
  key.includes('\\') ? String(JSON.parse(key)) : key.slice(1, -1);

export function checkColumn(column: string, details: ErrorDetails): void {
  if (column.length * 3 <= LIMITS.nameBytes || Buffer.byteLength(column) <= LIMITS.nameBytes) return;
  throw new AppError('COLUMN_NOT_FOUND', {
    message: `"${shown(column)}": no column has a name of more than ${LIMITS.nameBytes} bytes`,
    details,
  });
}

function see(seen: ColumnsSeen, column: string, details: ErrorDetails): void {
  const before = seen.names.get(column);
  if (before === seen.rows)
    throw new AppError('VALIDATION_FAILED', {
      message: `"${shown(column)}" is twice in a row`,
      details: { ...details, column: shown(column) },
    });
  if (before === undefined) {
    checkColumn(column, details);
    if (seen.names.size === LIMITS.columns) throw tooComplex('columns', details);
  }
  seen.names.set(column, seen.rows);
}

/** Gives the number of its columns. `details`: which row it is, for the error that refuses it. */
export function readRow(scanner: JsonScanner, seen: ColumnsSeen, details: ErrorDetails): number {
  if (scanner.peek() !== '{') {
    scanner.readValue();
    throw new AppError('VALIDATION_FAILED', {
      message: 'A row is a JSON object whose keys are columns',
      details,
    });
  }
  let columns = 0;
  scanner.readObject((key) => {
    see(seen, decodeKey(key), details);
    columns++;
    scanner.readValue();
  });
  seen.rows++;
  seen.fewest = Math.min(seen.fewest, columns);
  return columns;
}

export const seenRows = ({ names, rows, fewest }: ColumnsSeen): SeenRows => ({
  columns: [...names.keys()],
  isUniform: rows === 0 || fewest === names.size,
});
