import { AppError } from '@plinth/contracts';

// CSV as RFC 4180 has it: fields with commas between them, in double quotes where they hold commas, quotes or line breaks.

const PLAIN = /[^",\r\n]*/y;
const QUOTED = /[^"]*/y;
const LINE_BREAK = /\r\n|\n|\r/y;
const LINE_BREAKS = /\r\n|\n|\r/g;

export interface CsvField {
  text: string;
  isQuoted: boolean;
}

export interface CsvLine {
  fields: CsvField[];
  /** Where it begins in the body, from 1. */
  number: number;
}

export const invalidCsv = (line: number, problem: string): AppError =>
  new AppError('VALIDATION_FAILED', { message: `Line ${line} of the CSV: ${problem}`, details: { line } });

export const lineBreaksIn = (text: string): number => text.match(LINE_BREAKS)?.length ?? 0;

/** `at` is the number of the line where the text begins, and of the next when all are read. */
export function* csvLines(text: string, at: { line: number }): Generator<CsvLine> {
  let position = 0;

  function match(pattern: RegExp): string {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0] ?? '';
    position += found.length;
    return found;
  }

  function take(character: string): boolean {
    const isNext = text.charAt(position) === character;
    if (isNext) position++;
    return isNext;
  }

  function readField(): CsvField {
    if (!take('"')) return { text: match(PLAIN), isQuoted: false };
    let value = match(QUOTED);
    while (take('"')) {
      if (!take('"')) {
        at.line += lineBreaksIn(value);
        return { text: value, isQuoted: true };
      }
      value += `"${match(QUOTED)}`;
    }
    throw invalidCsv(at.line, 'a double quote is never closed');
  }

  while (position < text.length) {
    const line: CsvLine = { fields: [], number: at.line };
    do line.fields.push(readField());
    while (take(','));
    if (position < text.length && match(LINE_BREAK) === '')
      throw invalidCsv(
        at.line,
        'a field that holds a double quote is to be in double quotes, and the quote twice',
      );
    at.line++;
    yield line;
  }
}
