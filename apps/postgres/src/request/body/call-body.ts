import { decodeKey } from './columns-seen.ts';
import { JsonScanner, OPEN_OBJECT } from './json-scanner.ts';

/** What a function is called with. */
export interface CallBody {
  json: string;
  /** The names of the arguments; undefined where the body is no object, which is for a function of one JSON parameter. */
  names: readonly string[] | undefined;
}

/** No body is no arguments. */
export function parseCallBody(text: string): CallBody {
  if (text.trim() === '') return { json: '{}', names: [] };
  const scanner = new JsonScanner(Buffer.from(text));
  const names = new Set<string>();
  const isObject = scanner.peek() === OPEN_OBJECT;
  if (isObject)
    scanner.readObject(() => {
      names.add(decodeKey(scanner.readWritten()));
      scanner.readMemberValue();
    });
  else scanner.readValue();
  scanner.expectEnd();
  return { json: text, names: isObject ? [...names] : undefined };
}

/** Arguments as a URL has them: texts, which Postgres reads as the types of the parameters, and lists of what is there several times. */
export function callBodyOf(given: readonly { name: string; value: string }[]): CallBody {
  const values = new Map<string, string[]>();
  for (const { name, value } of given) values.set(name, [...(values.get(name) ?? []), value]);
  const members = [...values].map(
    ([name, texts]) => `${JSON.stringify(name)}:${JSON.stringify(texts.length === 1 ? texts[0] : texts)}`,
  );
  return { json: `{${members.join()}}`, names: [...values.keys()] };
}
