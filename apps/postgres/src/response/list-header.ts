import { elementsOf } from './json-text.ts';

/** Proxies take heads of a few kilobytes, and there may be other headers. */
export const MAX_HEADER_CHARACTERS = 4_096;
const NOT_ASCII = /[^ -~]/g;

/** Control characters are escaped in a JSON string already: one that stands there as it is can only be space between values. */
const escaped = (unit: string): string =>
  unit < ' ' ? ' ' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A JSON list as a header holds it: in ASCII, with as many of its elements as have room. */
export function listHeader(list: string): string {
  let held = '';
  for (const element of elementsOf(list)) {
    const more = element.replace(NOT_ASCII, escaped);
    if (held.length + more.length > MAX_HEADER_CHARACTERS) break;
    held += held === '' ? more : `,${more}`;
  }
  return `[${held}]`;
}
