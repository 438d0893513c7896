import { AppError } from '@plinth/contracts';
import { LIMITS } from '../limits.ts';
import type { LinesFormat } from '../media-types.ts';
import { createCsvParser } from './csv-body.ts';
import { createNdjsonParser } from './ndjson-body.ts';
import type { RowsBody } from './rows-body.ts';
import { createRowsBuffer } from './rows-buffer.ts';
import type { KnownKeys, ParsedRow } from './rows-parser.ts';
import { wholeLines } from './whole-lines.ts';

// The rows of a body of any length, some at a time: nobody ever holds more of them than one statement takes.

/** To be used until the one after the next is read. */
export interface Batch extends RowsBody {
  /** The line where each row begins. */
  lines: readonly number[];
  /** The rows from one to before another. */
  some(from: number, to: number): RowsBody;
}

interface Most {
  rows: number;
  bytes: number;
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
  const pieces = wholeLines(chunks, format, parser)[Symbol.asyncIterator]();
  let parsed: Iterator<ParsedRow> | undefined;
  let known: KnownKeys | undefined;
  let hasEnded = false;
  // One is filled while the other is inserted.
  let [buffer, other] = [createRowsBuffer(), createRowsBuffer()];

  async function nextRow(): Promise<ParsedRow | undefined> {
    for (;;) {
      const row = parsed?.next();
      if (row && !row.done) return row.value;
      const piece = await pieces.next();
      if (piece.done) return undefined;
      parsed = parser.read(piece.value);
    }
  }

  async function next(most: Most): Promise<Batch> {
    parser.begin(known);
    [buffer, other] = [other, buffer];
    buffer.clear();
    const { all, some } = buffer;
    const lines: number[] = [];
    for (let bytes = 0; lines.length < most.rows && bytes < most.bytes && !hasEnded; ) {
      const row = await nextRow();
      if (row) {
        bytes += buffer.add(row.json);
        lines.push(row.line);
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

  const first = () => next({ rows: LIMITS.rows + 1, bytes: LIMITS.bodyBytes });

  return {
    first,
    async all() {
      const batch = await first();
      if (hasEnded) return batch;
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
