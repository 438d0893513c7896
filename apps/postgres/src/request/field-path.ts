import type { FieldPath, JsonStep } from './ast.ts';
import { LIMITS } from './limits.ts';
import { readDashed, readName, readQuoted } from './name.ts';
import { type Scanner, shown } from './scanner.ts';

const INDEX = /-?\d+(?=->|::|[.,)]|$)/y;
const KEY = /[^(\-:.,>)]+/y;
const LARGEST_INDEX = 2 ** 31 - 1;

function readStep(scanner: Scanner): JsonStep {
  const start = scanner.position;
  const digits = scanner.match(INDEX);
  if (digits !== '') {
    const index = Number(digits) + 0;
    if (Math.abs(index) > LARGEST_INDEX) scanner.fail(`no array has an element ${shown(digits)}`, start);
    return { index };
  }
  if (scanner.peek() === '"') return { key: readQuoted(scanner) };
  const key = readDashed(scanner, KEY);
  if (key === '') scanner.fail('after an arrow comes a key or the index of an element');
  return { key };
}

/** What follows the name of a column: `->key`, `->0`, and `->>` for text, which can only be the last. */
export function readSteps(scanner: Scanner, column: string): FieldPath {
  const steps: JsonStep[] = [];
  let isText = false;
  while (scanner.startsWith('->')) {
    if (isText) scanner.fail('->> gives text, which has nothing in it: write -> before the last arrow');
    if (steps.length === LIMITS.jsonSteps) scanner.refuse('jsonSteps');
    scanner.position += 2;
    isText = scanner.take('>');
    steps.push(readStep(scanner));
  }
  return { column, steps, isText };
}

export const readField = (scanner: Scanner): FieldPath => readSteps(scanner, readName(scanner, 'a column'));
