import { isSpace } from '../request/body/json-scanner.ts';

// JSON that Postgres made, taken apart as text: no value is made of it, so that no number loses a digit, and however deep it is
// it takes one pass. It is well formed, because Postgres made it.

const STRUCTURE = /["{}[\]]/g;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;

const isBetween = (code: number): boolean => code === COMMA || code === COLON || isSpace(code);
const isClosing = (code: number): boolean => code === CLOSE_OBJECT || code === CLOSE_ARRAY;

function skipBetween(json: string, from: number): number {
  let position = from;
  while (isBetween(json.charCodeAt(position))) position++;
  return position;
}

function isEscaped(json: string, position: number): boolean {
  let backslashes = 0;
  while (json.charAt(position - 1 - backslashes) === '\\') backslashes++;
  return backslashes % 2 === 1;
}

function endOfString(json: string, start: number): number {
  let end = start;
  do end = json.indexOf('"', end + 1);
  while (end !== -1 && isEscaped(json, end));
  return end === -1 ? json.length : end + 1;
}

function endOfContainer(json: string, start: number): number {
  let depth = 0;
  let position = start;
  do {
    STRUCTURE.lastIndex = position;
    position = STRUCTURE.exec(json)?.index ?? json.length;
    const character = json.charAt(position);
    if (character === '"') position = endOfString(json, position);
    else {
      depth += character === '{' || character === '[' ? 1 : -1;
      position++;
    }
  } while (depth > 0 && position < json.length);
  return position;
}

function endOfScalar(json: string, start: number): number {
  let end = start;
  for (; end < json.length; end++) {
    const code = json.charCodeAt(end);
    if (isBetween(code) || isClosing(code)) break;
  }
  return end;
}

function endOfValue(json: string, start: number): number {
  const character = json.charAt(start);
  if (character === '"') return endOfString(json, start);
  if (character === '{' || character === '[') return endOfContainer(json, start);
  return endOfScalar(json, start);
}

const firstPart = (json: string): number => skipBetween(json, skipBetween(json, 0) + 1);

const isPart = (json: string, position: number): boolean =>
  position < json.length && !isClosing(json.charCodeAt(position));

/** The elements of an array, each as JSON. */
export function* elementsOf(array: string): Generator<string> {
  for (let position = firstPart(array); isPart(array, position); ) {
    const end = endOfValue(array, position);
    yield array.slice(position, end);
    position = skipBetween(array, end);
  }
}

/** The keys of an object and their values, each as JSON: one after the other, for to yield them costs more than to find them. */
export function keysAndValuesOf(object: string): string[] {
  const parts: string[] = [];
  for (let position = firstPart(object); isPart(object, position); ) {
    const end = endOfValue(object, position);
    parts.push(object.slice(position, end));
    position = skipBetween(object, end);
  }
  return parts;
}

/** The text that a scalar is, undefined for null; of anything else its JSON. */
export function textOf(value: string): string | undefined {
  if (value === 'null') return undefined;
  if (!value.startsWith('"')) return value;
  return value.includes('\\') ? String(JSON.parse(value)) : value.slice(1, -1);
}

/** The members of an object, each value as JSON. */
export function* membersOf(object: string): Generator<[key: string, value: string]> {
  const parts = keysAndValuesOf(object);
  for (let index = 0; index + 1 < parts.length; index += 2)
    yield [textOf(parts[index] ?? '') ?? '', parts[index + 1] ?? ''];
}
