// JSON that Postgres made, taken apart as text: no value is made of it, so that no number loses a digit, and however deep it is
// it takes one pass. It is well formed, because Postgres made it.

const STRUCTURE = /["{}[\]]/g;
const SCALAR_END = /[,\]}\s]|$/g;
const BETWEEN = /[\s,:]*/y;

function find(pattern: RegExp, json: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(json)?.index ?? json.length;
}

function skipBetween(json: string, from: number): number {
  BETWEEN.lastIndex = from;
  BETWEEN.test(json);
  return BETWEEN.lastIndex;
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
    position = find(STRUCTURE, json, position);
    const character = json.charAt(position);
    if (character === '"') position = endOfString(json, position);
    else {
      depth += character === '{' || character === '[' ? 1 : -1;
      position++;
    }
  } while (depth > 0 && position < json.length);
  return position;
}

function endOfValue(json: string, start: number): number {
  const character = json.charAt(start);
  if (character === '"') return endOfString(json, start);
  if (character === '{' || character === '[') return endOfContainer(json, start);
  return find(SCALAR_END, json, start);
}

/** The values in an array or object, each as text; in an object the keys are among them. */
function* parts(json: string): Generator<string> {
  let position = skipBetween(json, skipBetween(json, 0) + 1);
  while (position < json.length && json.charAt(position) !== ']' && json.charAt(position) !== '}') {
    const end = endOfValue(json, position);
    yield json.slice(position, end);
    position = skipBetween(json, end);
  }
}

/** The elements of an array, each as JSON. */
export const elementsOf = (array: string): Generator<string> => parts(array);

/** The text that a scalar is, undefined for null; of anything else its JSON. */
export function textOf(value: string): string | undefined {
  if (value === 'null') return undefined;
  if (!value.startsWith('"')) return value;
  return value.includes('\\') ? String(JSON.parse(value)) : value.slice(1, -1);
}

/** The members of an object, each value as JSON. */
export function* membersOf(object: string): Generator<[key: string, value: string]> {
  let key: string | undefined;
  for (const part of parts(object)) {
    if (key === undefined) key = textOf(part) ?? '';
    else {
      yield [key, part];
      key = undefined;
    }
  }
}
