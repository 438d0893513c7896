import { isPlainName } from '../request/name.ts';
import { isParameterWord } from '../request/parameter-name.ts';
import { MAX_HEADER_CHARACTERS } from './list-header.ts';
import { membersOf, textOf } from './json-text.ts';

const writeName = (column: string): string =>
  isPlainName(column) && !isParameterWord(column) ? column : `"${column.replace(/["\\]/g, '\\$&')}"`;

/** Where a row is read again, by its primary key as a JSON object: `/v1/…/rows/items?id=eq.5`. Undefined for a key that no header holds. */
export function locationOf(path: string, key: string): string | undefined {
  const filters = [...membersOf(key)].map(
    ([column, value]) =>
      `${encodeURIComponent(writeName(column))}=eq.${encodeURIComponent(textOf(value) ?? 'null')}`,
  );
  const location = `${path}?${filters.join('&')}`;
  return location.length > MAX_HEADER_CHARACTERS ? undefined : location;
}
