import { AppError } from '@plinth/contracts';
import type { RowsUrl } from './ast.ts';
import { Scanner, shown } from './scanner.ts';

// Which of the rows, by `limit` and `offset` and by the `Range` header. Where both are given, the rows that both mean.

/** Rows from `first` on, from 0; `last` is the last of them. */
export interface RowRange {
  first: number;
  last: number | undefined;
}

const NUMBER = /^\d{1,15}$/;
const RANGE = /^(?:items=)?(\d{1,15})-(\d{0,15})$/;
const OTHER_UNIT = /^(?!items=)[a-z]+=/;

/** The value of `limit` or `offset`. */
export function parseRowCount(parameter: string, value: string): number {
  if (NUMBER.test(value)) return Number(value);
  return new Scanner(parameter, value, 'INVALID_RANGE').fail(
    'a whole number from 0 is to stand here, such as 20',
  );
}

/** Undefined where no rows are meant: there is no header, or it is about bytes. */
export function parseRange(range: string | undefined, unit: string | undefined): RowRange | undefined {
  if (range === undefined || (unit !== undefined && unit.trim().toLowerCase() !== 'items')) return undefined;
  const found = RANGE.exec(range.trim());
  if (!found && OTHER_UNIT.test(range.trim().toLowerCase())) return undefined;
  const [, first = '', last = ''] = found ?? [];
  const parsed = { first: Number(first), last: last === '' ? undefined : Number(last) };
  if (found && (parsed.last === undefined || parsed.first <= parsed.last)) return parsed;
  throw new AppError('INVALID_RANGE', {
    message: `Range: ${shown(range)}: write the first row and the last, from 0, such as 0-24`,
    details: { header: 'Range' },
  });
}

/** What a GET asks for, by its URL and its `Range` header. */
export function narrow(url: RowsUrl, range: RowRange | undefined): RowsUrl {
  if (!range) return url;
  const offset = Math.max(range.first, url.offset ?? 0);
  const lastOfUrl = url.limit === undefined ? Infinity : (url.offset ?? 0) + url.limit - 1;
  const last = Math.min(range.last ?? Infinity, lastOfUrl);
  const limit = last === Infinity ? undefined : last - offset + 1;
  if (limit !== undefined && limit <= 0 && url.limit !== 0)
    throw new AppError('INVALID_RANGE', {
      message: 'The Range header and limit and offset have no row in common',
      details: { header: 'Range' },
    });
  return { ...url, offset, limit: limit === undefined ? undefined : Math.max(limit, 0) };
}
