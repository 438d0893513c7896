import type { FieldPath } from './ast.ts';
import { readSteps } from './field-path.ts';
import { isQuotedNext, readName } from './name.ts';
import { Scanner } from './scanner.ts';

// What a query parameter is about is in its name: `limit`, `items.order`, `items.not.or`, or else a column to filter by,
// `id`, `items.qty`, `data->>a`. In double quotes a name is always that of a column.

/** Of the request as a whole. */
const REQUEST_WORDS = ['select', 'columns', 'on_conflict', 'on', 'cursor'] as const;
/** Of one table, at the top or embedded. */
const TABLE_WORDS = ['order', 'limit', 'offset', 'having'] as const;
const LOGIC_WORDS = ['and', 'or'] as const;

export type ParameterName =
  | { kind: (typeof REQUEST_WORDS)[number] }
  | { kind: (typeof TABLE_WORDS)[number]; path: readonly string[] }
  | { kind: (typeof LOGIC_WORDS)[number]; path: readonly string[]; isNegated: boolean }
  | { kind: 'filter'; path: readonly string[]; field: FieldPath };

const requestWords = new Map(REQUEST_WORDS.map((word) => [word as string, word]));
const tableWords = new Map(TABLE_WORDS.map((word) => [word as string, word]));
const logicWords = new Map(LOGIC_WORDS.map((word) => [word as string, word]));

/** Whether a parameter of this name is about something else than a column of it. */
export const isParameterWord = (name: string): boolean =>
  [requestWords, tableWords, logicWords].some((words) => words.has(name));

interface Part {
  name: string;
  isQuoted: boolean;
}

function wordOf(parts: readonly Part[], last: Part): ParameterName | undefined {
  if (last.isQuoted) return undefined;
  const path = parts.slice(0, -1).map(({ name }) => name);
  const requestWord = path.length === 0 ? requestWords.get(last.name) : undefined;
  if (requestWord) return { kind: requestWord };
  const tableWord = tableWords.get(last.name);
  if (tableWord) return { kind: tableWord, path };
  const kind = logicWords.get(last.name);
  if (!kind) return undefined;
  const before = parts.at(-2);
  const isNegated = before?.name === 'not' && !before.isQuoted;
  return { kind, isNegated, path: isNegated ? path.slice(0, -1) : path };
}

export function parseParameterName(name: string): ParameterName {
  const scanner = new Scanner(name, '', 'INVALID_FILTER', 'name');
  const parts: Part[] = [];
  let last: Part;
  do {
    const isQuoted = isQuotedNext(scanner);
    last = { name: readName(scanner, 'a column'), isQuoted };
    parts.push(last);
  } while (scanner.take('.'));
  const word = scanner.isAtEnd() ? wordOf(parts, last) : undefined;
  if (word) return word;
  const field = readSteps(scanner, last.name);
  scanner.expectEnd();
  return { kind: 'filter', path: parts.slice(0, -1).map((part) => part.name), field };
}
