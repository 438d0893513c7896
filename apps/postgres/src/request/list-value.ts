import { LIMITS } from './limits.ts';
import { takeQuoted } from './name.ts';
import type { Scanner } from './scanner.ts';

// Values that stand among others, so that a comma or a parenthesis ends them unless they are quoted.

const RAW = /[^,)]*/y;
const BRACES = /\{[^{}]*\}/y;

const isAtEndOfElement = (scanner: Scanner): boolean =>
  scanner.isAtEnd() || scanner.peek() === ',' || scanner.peek() === ')';

/** Quotes that do not go around the whole of an element are part of it: `"a"b` is as it is written. */
function readElement(scanner: Scanner): string {
  const start = scanner.position;
  if (scanner.peek() === '"') {
    const quoted = takeQuoted(scanner);
    if (quoted !== undefined && isAtEndOfElement(scanner)) return quoted;
    scanner.position = start;
  }
  return scanner.match(RAW);
}

/** `(1,"a,b",c)`. Nothing between the parentheses is no element; an empty one is written `""`. */
export function readList(scanner: Scanner): string[] {
  scanner.skipSpace();
  scanner.expect('(', 'begins a list');
  scanner.skipSpace();
  if (scanner.take(')')) return [];
  const values: string[] = [];
  do {
    if (values.length === LIMITS.listElements) scanner.refuse('listElements');
    values.push(readElement(scanner));
  } while (scanner.take(','));
  scanner.expect(')', 'ends a list');
  return values;
}

/** A value in a tree of and and or. An array in braces may hold commas. */
export const readValueWithin = (scanner: Scanner): string => scanner.match(BRACES) || readElement(scanner);
