import { isUtf8 } from 'node:buffer';
import { AppError } from '@plinth/contracts';
import { LIMITS } from '../limits.ts';
import type { LinesFormat } from '../media-types.ts';
import type { RowsParser } from './rows-parser.ts';

// Bytes as they come, cut where a row ends: at a line break, and in CSV at one that is within no double quotes. A quote is doubled
// within quotes, so it is enough to count them.

const LINE_BREAK = 0x0a;
const QUOTE = 0x22;
function quotesIn(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(QUOTE, from); at !== -1 && at < to; at = bytes.indexOf(QUOTE, at + 1))
    count += 1;
  return count;
}

/** Where the last row ends, and whether what comes after `bytes` is within quotes. */
function lastEnd(bytes: Buffer, format: LinesFormat, isQuoted: boolean): { end: number; isQuoted: boolean } {
  let at = bytes.lastIndexOf(LINE_BREAK);
  if (format === 'ndjson') return { end: at + 1, isQuoted: false };
  const isOpen = isQuoted !== (quotesIn(bytes, 0, bytes.length) % 2 === 1);
  let isWithin = isOpen;
  for (let after = bytes.length; at !== -1; at = at === 0 ? -1 : bytes.lastIndexOf(LINE_BREAK, at - 1)) {
    if (quotesIn(bytes, at, after) % 2 === 1) isWithin = !isWithin;
    if (!isWithin) break;
    after = at;
  }
  return { end: at + 1, isQuoted: isOpen };
}

function checked(bytes: Buffer, firstLine: number): Buffer {
  if (isUtf8(bytes)) return bytes;
  let line = firstLine;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(LINE_BREAK, from);
    const to = end === -1 ? bytes.length : end + 1;
    if (!isUtf8(bytes.subarray(from, to))) break;
    from = to;
  }
  throw new AppError('MALFORMED_JSON', { message: `Line ${line} is not UTF-8`, details: { line } });
}

const tooLong = (line: number): AppError =>
  new AppError('PAYLOAD_TOO_LARGE', {
    message: `Line ${line} is longer than ${LIMITS.bodyBytes} bytes`,
    details: { line, limitBytes: LIMITS.bodyBytes },
  });

/** Each piece is read by the parser before the next is asked for. */
export async function* wholeLines(
  chunks: AsyncIterable<Buffer>,
  format: LinesFormat,
  parser: Pick<RowsParser, 'line'>,
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let held = 0;
  let isQuoted = false;
  for await (const chunk of chunks) {
    const last = lastEnd(chunk, format, isQuoted);
    isQuoted = last.isQuoted;
    if (last.end > 0) {
      yield checked(Buffer.concat([...rest, chunk.subarray(0, last.end)]), parser.line());
      rest = [];
      held = 0;
    }
    rest.push(chunk.subarray(last.end));
    held += chunk.length - last.end;
    if (held <= LIMITS.bodyBytes) continue;
    // Of CSV the cause may be a quote in the midst of it, and its parser tells where.
    const line = parser.line();
    if (format === 'csv') yield checked(Buffer.concat(rest), line);
    throw tooLong(line);
  }
  if (held > 0) yield checked(Buffer.concat(rest), parser.line());
}
