import { LIMITS } from './limits.ts';
import { takeQuoted } from './name.ts';
import type { Scanner } from './scanner.ts';

const PLAIN = /[^\\,{}"]*/y;

function readPlain(scanner: Scanner): string {
  const start = scanner.position;
  let text = scanner.match(PLAIN).trimStart();
  while (scanner.take('\\')) {
    text += scanner.peek();
    scanner.position++;
    text += scanner.match(PLAIN);
  }
  const value = text.trimEnd();
  if (value === '') scanner.fail('an empty element of an array is written ""', start);
  if (value.toLowerCase() === 'null') scanner.fail('null equals nothing: ask is.null of its own', start);
  return value;
}

function readElement(scanner: Scanner): string {
  scanner.skipSpace();
  if (scanner.peek() !== '"') return readPlain(scanner);
  const start = scanner.position;
  const value = takeQuoted(scanner) ?? scanner.fail('the double quote is never closed', start);
  scanner.skipSpace();
  return value;
}

/** `{1,"a,b"}`: an array of one dimension as Postgres writes it. */
export function readArray(scanner: Scanner): string[] {
  scanner.expect('{', 'begins an array');
  scanner.skipSpace();
  if (scanner.take('}')) return [];
  const values: string[] = [];
  do {
    if (values.length === LIMITS.listElements) scanner.refuse('listElements');
    values.push(readElement(scanner));
  } while (scanner.take(','));
  scanner.expect('}', 'ends an array');
  return values;
}
