import { AppError, type ErrorDetails } from '@plinth/contracts';
import { LIMITS, tooComplex } from '../limits.ts';
import { shown } from '../scanner.ts';
import { type JsonScanner, OPEN_OBJECT } from './json-scanner.ts';
import type { SeenRows } from './rows-parser.ts';

interface SeenColumn {
  name: string;
  /** As a key is written. */
  key: Buffer;
  /** The last row that has it. */
  row: number;
  /** The column that came after it the last time, and is the first to be looked for there. */
  next: SeenColumn | undefined;
}

/** The columns that the rows of a body name, in the order in which they are first named. */
export interface ColumnsSeen {
  names: Map<string, SeenColumn>;
  first: SeenColumn | undefined;
  rows: number;
  /** Of the row that has the fewest. */
  fewest: number;
}

export const noColumns = (): ColumnsSeen => ({
  names: new Map(),
  first: undefined,
  rows: 0,
  fewest: Infinity,
});

export const decodeKey = (key: Buffer): string => String(JSON.parse(key.toString()));

export function checkColumn(column: string, details: ErrorDetails): void {
  if (column.length * 3 <= LIMITS.nameBytes || Buffer.byteLength(column) <= LIMITS.nameBytes) return;
  throw new AppError('COLUMN_NOT_FOUND', {
    message: `"${shown(column)}": no column has a name of more than ${LIMITS.nameBytes} bytes`,
    details,
  });
}

export function addColumn(seen: ColumnsSeen, name: string, key: Buffer): SeenColumn {
  const column = { name, key, row: -1, next: undefined };
  seen.names.set(name, column);
  return column;
}

function find(seen: ColumnsSeen, key: Buffer, details: ErrorDetails): SeenColumn {
  const name = decodeKey(key);
  const found = seen.names.get(name);
  if (found) return found;
  checkColumn(name, details);
  if (seen.names.size === LIMITS.columns) throw tooComplex('columns', details);
  return addColumn(seen, name, key);
}

function see(column: SeenColumn, row: number, details: ErrorDetails): void {
  if (column.row === row)
    throw new AppError('VALIDATION_FAILED', {
      message: `"${shown(column.name)}" is twice in a row`,
      details: { ...details, column: shown(column.name) },
    });
  column.row = row;
}

/** Gives the number of its columns. `details`: which row it is, for the error that refuses it. */
export function readRow(scanner: JsonScanner, seen: ColumnsSeen, details: ErrorDetails): number {
  if (scanner.peek() !== OPEN_OBJECT) {
    scanner.readValue();
    throw new AppError('VALIDATION_FAILED', {
      message: 'A row is a JSON object whose keys are columns',
      details,
    });
  }
  let columns = 0;
  let last: SeenColumn | undefined;
  scanner.readObject(() => {
    const likely = last ? last.next : seen.first;
    const column =
      likely && scanner.takeBytes(likely.key) ? likely : find(seen, scanner.readWritten(), details);
    if (column !== likely) {
      if (last) last.next = column;
      else seen.first = column;
    }
    see(column, seen.rows, details);
    last = column;
    columns++;
    scanner.readMemberValue();
  });
  seen.rows++;
  seen.fewest = Math.min(seen.fewest, columns);
  return columns;
}

export const seenRows = ({ names, rows, fewest }: ColumnsSeen): SeenRows => ({
  columns: [...names.keys()],
  isUniform: rows === 0 || fewest === names.size,
});
