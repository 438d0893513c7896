import { AppError } from '@plinth/contracts';
import { LIMITS } from '../limits.ts';
import type { LinesFormat } from '../media-types.ts';
import { createCsvParser } from './csv-body.ts';
import { createNdjsonParser } from './ndjson-body.ts';
import type { RowsBody, RowsText } from './rows-body.ts';
import { createRowsBuffer } from './rows-buffer.ts';
import type { KnownKeys, ParsedRow } from './rows-parser.ts';
import { wholeLines } from './whole-lines.ts';

// The rows of a body of any length, some at a time: nobody ever holds more of them than one statement takes.

/** To be used until the one after the next is read. */
export interface Batch extends RowsText {
  /** The line where each row begins. */
  lines: readonly number[];
  /** The rows from one to before another. */
  some(from: number, to: number): RowsText;
}

interface Most {
  rows: number;
  characters: number;
}

export interface RowBatches {
  /** Those that a body has which is read as a whole, and one more if there are more. */
  first(): Promise<Batch>;
  /** All of them, where they are no more than that. */
  all(): Promise<RowsBody>;
  /** The rows that come next, as many as there are at most; none at the end. */
  next(most: Most): Promise<Batch>;
  /** What keys all further rows may have. */
  settle(keys: KnownKeys): void;
  /** There are no more rows than were given. */
  hasEnded(): boolean;
}

const PARSERS = { csv: createCsvParser, ndjson: createNdjsonParser } as const;

export function createRowBatches(chunks: AsyncIterable<Buffer>, format: LinesFormat): RowBatches {
  const parser = PARSERS[format]();
  const texts = wholeLines(chunks, format, parser)[Symbol.asyncIterator]();
  let parsed: Iterator<ParsedRow> | undefined;
  let known: KnownKeys | undefined;
  let hasEnded = false;
  // One is filled while the other is inserted.
  let [buffer, other] = [createRowsBuffer(), createRowsBuffer()];

  async function nextRow(): Promise<ParsedRow | undefined> {
    for (;;) {
      const row = parsed?.next();
      if (row && !row.done) return row.value;
      const text = await texts.next();
      if (text.done) return undefined;
      parsed = parser.read(text.value);
    }
  }

  async function next(most: Most): Promise<Batch> {
    parser.begin(known);
    [buffer, other] = [other, buffer];
    buffer.clear();
    const { all, some } = buffer;
    const lines: number[] = [];
    for (let characters = 0; lines.length < most.rows && characters < most.characters && !hasEnded; ) {
      const row = await nextRow();
      if (row) {
        buffer.add(row.json);
        lines.push(row.line);
        characters += row.json.length;
      } else hasEnded = true;
    }
    const shared = { isArray: true, ...parser.seen() };
    return {
      ...shared,
      json: all(),
      count: lines.length,
      lines,
      some: (from, to) => ({ ...shared, json: some(from, to), count: to - from }),
    };
  }

  const first = () => next({ rows: LIMITS.rows + 1, characters: LIMITS.bodyBytes });

  return {
    first,
    async all() {
      const batch = await first();
      if (hasEnded) return { ...batch, json: String(batch.json) };
      throw new AppError('TOO_COMPLEX', {
        message: `Rows come back where they are at most ${LIMITS.rows.toLocaleString('en')}; of more, only how many`,
        details: { limit: 'rows', maximum: LIMITS.rows },
      });
    },
    next,
    settle(keys) {
      known = keys;
    },
    hasEnded: () => hasEnded,
  };
}
