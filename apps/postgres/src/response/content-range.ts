import { AppError } from '@plinth/contracts';

// Which rows an answer holds, of how many: `0-24/3573`. What is not known is `*`.

export interface Page {
  /** How many rows come before. */
  offset: number;
  length: number;
  /** Of all pages together, where it was counted. */
  total: number | undefined;
}

export function contentRange({ offset, length, total }: Page): string {
  const rows = length === 0 ? '*' : `${offset}-${offset + length - 1}`;
  return `${rows}/${total ?? '*'}`;
}

/** 206 for a part of a known whole. A page beyond the end of what is known is none. */
export function pageStatus({ offset, length, total }: Page): 200 | 206 {
  if (total === undefined) return 200;
  if (offset > total)
    throw new AppError('RANGE_NOT_SATISFIABLE', {
      message: `There are ${total} rows: none is the one at ${offset}`,
      details: { offset, total },
      headers: { 'content-range': `*/${total}` },
    });
  return length < total ? 206 : 200;
}
