import {
  COMPARISONS,
  type Comparison,
  CONTAINMENTS,
  type Containment,
  IS_VALUES,
  type IsValue,
  TEXT_SEARCHES,
  type Test,
  type TextSearch,
} from './ast.ts';
import { readArray } from './array-literal.ts';
import { readList, readValueWithin } from './list-value.ts';
import { readName } from './name.ts';
import { type Scanner, shown } from './scanner.ts';

// What follows the field of a condition: `eq.5`, `not.in.(1,2)`, `like(any).{a*,b*}`, `fts(english).cats`.

/** Alone a value goes on to the end of the parameter; within a tree of and and or, a comma or a parenthesis ends it. */
export type Surroundings = 'alone' | 'within';

export const OPERATORS = [...COMPARISONS, ...CONTAINMENTS, ...TEXT_SEARCHES, 'is', 'in'] as const;

const WORD = /[a-z_]+/iy;
const BEGINS_TEST = new RegExp(`(?:not\\.)?(?:${OPERATORS.join('|')})(?:\\.|\\([^().]*\\)\\.)`, 'y');

const QUANTIFIABLE = new Set<Comparison>([
  'eq',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'ilike',
  'match',
  'imatch',
]);
const comparisons = new Map<string, Comparison>(COMPARISONS.map((name) => [name, name]));
const containments = new Map<string, Containment>(CONTAINMENTS.map((name) => [name, name]));
const textSearches = new Map<string, TextSearch>(TEXT_SEARCHES.map((name) => [name, name]));
const isValues = new Map<string, IsValue>(IS_VALUES.map((name) => [name, name]));

/** Whether an operator stands here, with `not.` before it or without. */
export const isTestNext = (scanner: Scanner): boolean => scanner.looksAt(BEGINS_TEST);

const readValue = (scanner: Scanner, surroundings: Surroundings): string =>
  surroundings === 'alone' ? scanner.rest() : readValueWithin(scanner);

function readComparison(scanner: Scanner, operator: Comparison, surroundings: Surroundings): Test {
  const start = scanner.position;
  const quantified = scanner.take('(any)') ? 'any' : scanner.take('(all)') ? 'all' : undefined;
  if (quantified === undefined) {
    scanner.expect('.', 'comes before the value');
    return { operator, value: readValue(scanner, surroundings) };
  }
  if (!QUANTIFIABLE.has(operator))
    scanner.fail(`(any) and (all) go with ${[...QUANTIFIABLE].join(', ')}`, start);
  scanner.expect('.', 'comes before the values');
  return { operator, quantified, values: readArray(scanner) };
}

function readSearch(scanner: Scanner, operator: TextSearch, surroundings: Surroundings): Test {
  let config: string | undefined;
  if (scanner.take('(')) {
    config = readName(scanner, 'a text search configuration');
    scanner.expect(')', 'comes after the configuration');
  }
  scanner.expect('.', 'comes before the value');
  return { operator, value: readValue(scanner, surroundings), config };
}

function readIs(scanner: Scanner): Test {
  scanner.expect('.', 'comes before the value');
  const start = scanner.position;
  const value = isValues.get(scanner.match(WORD).toLowerCase());
  if (value === undefined) scanner.fail(`is takes one of ${IS_VALUES.join(', ')}`, start);
  return { operator: 'is', value };
}

function readIn(scanner: Scanner): Test {
  scanner.expect('.', 'comes before the list');
  return { operator: 'in', values: readList(scanner) };
}

function failAtOperator(scanner: Scanner, word: string, start: number): never {
  const isWritten = word !== '' && (scanner.peek() === '.' || scanner.peek() === '(');
  if (isWritten) scanner.fail(`"${shown(word)}" is no operator; one of ${OPERATORS.join(', ')}`, start);
  const example = `${scanner.parameter}=eq.${scanner.text}`;
  const advice = start === 0 && example.length <= 80 ? `for equality write ${example}` : 'such as eq.5';
  return scanner.fail(`an operator is missing before the value; ${advice}`, start);
}

function readOperation(scanner: Scanner, surroundings: Surroundings): Test {
  const start = scanner.position;
  const word = scanner.match(WORD);
  const comparison = comparisons.get(word);
  const isFollowed = scanner.peek() === '.' || scanner.peek() === '(';
  if (!isFollowed) return failAtOperator(scanner, word, start);
  if (comparison) return readComparison(scanner, comparison, surroundings);
  if (word === 'in') return readIn(scanner);
  if (word === 'is') return readIs(scanner);
  const search = textSearches.get(word);
  if (search) return readSearch(scanner, search, surroundings);
  const operator = containments.get(word);
  if (!operator) return failAtOperator(scanner, word, start);
  scanner.expect('.', 'comes before the value');
  return { operator, value: readValue(scanner, surroundings) };
}

export function readTest(scanner: Scanner, surroundings: Surroundings): { isNegated: boolean; test: Test } {
  const isNegated = scanner.take('not.');
  return { isNegated, test: readOperation(scanner, surroundings) };
}
