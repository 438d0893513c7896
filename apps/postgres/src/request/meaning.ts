import { AppError } from '@plinth/contracts';
import { isTestNext } from './condition-test.ts';
import { type ParameterName, parseParameterName } from './parameter-name.ts';
import type { Parameter } from './query-string.ts';
import { Scanner, shown } from './scanner.ts';

// What a parameter means is in its name, but for the words that PostgREST does not have: a column of such a name can still be
// filtered by. `cursor=eq.5` has an operator, which no cursor has.

export interface Meaning {
  parameter: Parameter;
  name: ParameterName;
}

const ADDED_WORDS = new Set<ParameterName['kind']>(['having', 'cursor', 'on']);

export const scannerOf = (
  { name, value }: Parameter,
  code: 'INVALID_FILTER' | 'INVALID_SELECT' = 'INVALID_FILTER',
) => new Scanner(name, value, code);

export function meaningOf(parameter: Parameter): Meaning {
  const name = parseParameterName(parameter.name);
  if (!ADDED_WORDS.has(name.kind) || !isTestNext(scannerOf(parameter))) return { parameter, name };
  const path = 'path' in name ? name.path : [];
  return {
    parameter,
    name: { kind: 'filter', path, field: { column: name.kind, steps: [], isText: false } },
  };
}

const CODES = {
  order: 'INVALID_ORDER',
  limit: 'INVALID_RANGE',
  offset: 'INVALID_RANGE',
  having: 'INVALID_FILTER',
  and: 'INVALID_FILTER',
  or: 'INVALID_FILTER',
  filter: 'INVALID_FILTER',
  select: 'INVALID_SELECT',
  columns: 'INVALID_SELECT',
  on_conflict: 'INVALID_SELECT',
  on: 'INVALID_SELECT',
  cursor: 'CURSOR_INVALID',
} as const satisfies Record<ParameterName['kind'], string>;

export function refuse({ parameter, name }: Meaning, problem: string): never {
  throw new AppError(CODES[name.kind], {
    message: `${shown(parameter.name)}: ${problem}`,
    details: { parameter: shown(parameter.name), position: 0 },
  });
}

/** For what can be said once only. */
export function once<T>(meaning: Meaning, before: T | undefined, value: () => T): T {
  return before === undefined ? value() : refuse(meaning, 'is given more than once');
}
