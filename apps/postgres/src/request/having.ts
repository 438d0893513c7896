import { AGGREGATES, type Aggregate, type Condition } from './ast.ts';
import { readTest } from './condition-test.ts';
import { readSteps } from './field-path.ts';
import { isQuotedNext, readName } from './name.ts';
import type { Scanner } from './scanner.ts';

// Conditions on what was aggregated, in parentheses and with commas as those of `and`:
// `having=(amount.sum().gt.100,or(count().gte.2,price.max().is.null))`. All are to hold.

const WORD = /[a-z]+/y;
const aggregates = new Map<string, Aggregate>(AGGREGATES.map((name) => [name, name]));

/** The name of an aggregate and `()`, where that comes next. */
export function takeAggregate(scanner: Scanner): Aggregate | undefined {
  const start = scanner.position;
  const aggregate = aggregates.get(scanner.match(WORD));
  if (aggregate && scanner.take('()')) return aggregate;
  scanner.position = start;
  return undefined;
}

export const readAggregate = (scanner: Scanner): Aggregate =>
  takeAggregate(scanner) ??
  scanner.fail(`an aggregate comes after the column: ${AGGREGATES.map((name) => `${name}()`).join(', ')}`);

export function readHaving(scanner: Scanner): Condition {
  const at = { parameter: scanner.parameter, offset: scanner.position };
  const isNegatedBefore = scanner.take('not.');
  const isQuoted = isQuotedNext(scanner);
  const name = readName(scanner, 'a column');
  const countsRows = !isQuoted && name === 'count' && scanner.take('()');
  const field = countsRows ? undefined : readSteps(scanner, name);
  if (!countsRows) scanner.expect('.', 'comes before the aggregate');
  const aggregate = countsRows ? 'count' : readAggregate(scanner);
  scanner.expect('.', 'comes before the operator');
  const { isNegated, test } = readTest(scanner, 'within');
  return { kind: 'having', isNegated: isNegated !== isNegatedBefore, aggregate, field, test, at };
}
