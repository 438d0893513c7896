import type { Row } from './one-sync.ts';

/** What a planned statement answers, in its one row. */
export interface Answer {
  /** Finished JSON, where one is asked for. */
  body: string | null;
  /** The rows in the body. */
  length: number;
  /** The rows that fit altogether, where that was asked. */
  total: number | null;
  /** Of a write: the rows that it changed, and those of them that were not there before. */
  affected: number | undefined;
  inserted: number | undefined;
}

const numberOf = (text: string | null | undefined): number | undefined =>
  text === null || text === undefined ? undefined : Number(text);

export function answerOf([body = null, length, total, affected, inserted]: Row): Answer {
  return {
    body,
    length: numberOf(length) ?? 0,
    total: numberOf(total) ?? null,
    affected: numberOf(affected),
    inserted: numberOf(inserted),
  };
}
