import type { Condition } from './ast.ts';
import { OPERATORS, readTest } from './condition-test.ts';
import { readField } from './field-path.ts';
import { LIMITS } from './limits.ts';
import type { Scanner } from './scanner.ts';

// Trees of conditions: `(a.lt.18,and(b.is.true,not.c.eq.1))`.

const GROUP = /(?:not\.)?(?:and|or)[ \t]*\(/y;
const COLUMN_NAMED_NOT = new RegExp(`not\\.(?:not|${OPERATORS.join('|')})[.(]`, 'y');

/** Reads a condition that is no group. */
export type ReadLeaf = (scanner: Scanner) => Condition;

const positionOf = (scanner: Scanner) => ({ parameter: scanner.parameter, offset: scanner.position });

/** `column.eq.5`, with `not.` before the column or before the operator. */
export function readFilter(scanner: Scanner): Condition {
  const at = positionOf(scanner);
  const isNegatedBefore = !scanner.looksAt(COLUMN_NAMED_NOT) && scanner.take('not.');
  const field = readField(scanner);
  scanner.expect('.', 'comes before the operator');
  const { isNegated, test } = readTest(scanner, 'within');
  return { kind: 'test', isNegated: isNegated !== isNegatedBefore, field, test, at };
}

function readCondition(scanner: Scanner, readLeaf: ReadLeaf, depth: number): Condition {
  scanner.skipSpace();
  if (!scanner.looksAt(GROUP)) return readLeaf(scanner);
  const isNegated = scanner.take('not.');
  const kind = scanner.startsWith('and') ? 'and' : 'or';
  scanner.take(kind);
  return { kind, isNegated, conditions: readGroup(scanner, readLeaf, depth) };
}

/** What stands in parentheses after `and` or `or`. */
export function readGroup(scanner: Scanner, readLeaf: ReadLeaf, depth = 1): Condition[] {
  if (depth > LIMITS.logicDepth) scanner.refuse('logicDepth');
  scanner.skipSpace();
  scanner.expect('(', 'begins the conditions');
  const conditions: Condition[] = [];
  do {
    conditions.push(readCondition(scanner, readLeaf, depth + 1));
    scanner.skipSpace();
  } while (scanner.take(','));
  scanner.expect(')', 'ends the conditions');
  return conditions;
}
