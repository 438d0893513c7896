import { LIMITS } from './limits.ts';
import type { Scanner } from './scanner.ts';

// Names of columns and relations: letters, digits, `_`, `$`, spaces between them, and dashes; or anything in double quotes.

const WORDS = /[\p{L}\p{M}\p{N}_$ ]+/uy;
const UNESCAPED = /[^"\\]*/y;

/** What stands in double quotes here, `\` before a character that is meant as it is; undefined where they are not closed. */
export function takeQuoted(scanner: Scanner): string | undefined {
  scanner.position++;
  let text = '';
  while (!scanner.isAtEnd()) {
    text += scanner.match(UNESCAPED);
    if (scanner.take('"')) return text;
    scanner.position++;
    text += scanner.peek();
    scanner.position++;
  }
  return undefined;
}

export function readQuoted(scanner: Scanner): string {
  const start = scanner.position;
  return takeQuoted(scanner) ?? scanner.fail('the double quote is never closed', start);
}

/** Words of a kind with single dashes between them; a dash before `>` is an arrow. */
export function readDashed(scanner: Scanner, words: RegExp): string {
  let text = scanner.match(words);
  while (scanner.peek() === '-' && scanner.peek(1) !== '>') {
    if (text === '') scanner.fail('a name that begins with a dash is to be in double quotes');
    scanner.position++;
    const more = scanner.match(words);
    if (more === '') scanner.fail('a name with dashes at its end or side by side is to be in double quotes');
    text += `-${more}`;
  }
  return text.trim();
}

const PLAIN_NAME = /^[\p{L}\p{M}\p{N}_$]+$/u;

/** Whether a name can stand without quotes. */
export const isPlainName = (name: string): boolean => PLAIN_NAME.test(name);

const isTooLong = (name: string): boolean =>
  name.length * 3 > LIMITS.nameBytes && Buffer.byteLength(name) > LIMITS.nameBytes;

/** Whether the next name is quoted, and so never a word of the grammar. */
export function isQuotedNext(scanner: Scanner): boolean {
  scanner.skipSpace();
  return scanner.peek() === '"';
}

/** `meaning`: what is named, with its article. */
export function readName(scanner: Scanner, meaning: string): string {
  const isQuoted = isQuotedNext(scanner);
  const start = scanner.position;
  const name = isQuoted ? readQuoted(scanner) : readDashed(scanner, WORDS);
  if (name === '') scanner.fail(`the name of ${meaning} is missing`, start);
  if (isTooLong(name)) scanner.fail(`no name is longer than ${LIMITS.nameBytes} bytes`, start);
  if (isQuoted) scanner.skipSpace();
  return name;
}

/** Names with commas between them and nothing after, each once. */
export function readNames(scanner: Scanner, meaning: string): string[] {
  const names = new Set<string>();
  do {
    names.add(readName(scanner, meaning));
    if (names.size > LIMITS.columns) scanner.refuse('columns');
    scanner.skipSpace();
  } while (scanner.take(','));
  scanner.expectEnd();
  return [...names];
}
