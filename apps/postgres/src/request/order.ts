import type { Aggregate, OrderTerm } from './ast.ts';
import { readField, readSteps } from './field-path.ts';
import { takeAggregate } from './having.ts';
import { LIMITS } from './limits.ts';
import { isQuotedNext, readName } from './name.ts';
import { Scanner } from './scanner.ts';

// `order=a.desc.nullslast,data->>x,author(name).desc,amount.sum().desc,count()`.

const WORD = /[a-z]+/y;

type Manner = Pick<OrderTerm, 'direction' | 'nulls'>;

function readManner(scanner: Scanner): Manner {
  let direction: OrderTerm['direction'] | undefined;
  let nulls: OrderTerm['nulls'];
  while (scanner.take('.')) {
    const start = scanner.position;
    const word = scanner.match(WORD);
    if ((word === 'asc' || word === 'desc') && !direction && !nulls) direction = word;
    else if ((word === 'nullsfirst' || word === 'nullslast') && !nulls)
      nulls = word === 'nullsfirst' ? 'first' : 'last';
    else scanner.fail('after a column come .asc or .desc, then .nullsfirst or .nullslast', start);
  }
  return { direction: direction ?? 'asc', nulls };
}

/** The dot before an aggregate is the same as that before a direction. */
function takeAggregateAfterDot(scanner: Scanner): Aggregate | undefined {
  const start = scanner.position;
  const aggregate = scanner.take('.') ? takeAggregate(scanner) : undefined;
  if (!aggregate) scanner.position = start;
  return aggregate;
}

function readBy(scanner: Scanner): Pick<OrderTerm, 'field' | 'relation' | 'aggregate'> {
  const isQuoted = isQuotedNext(scanner);
  const name = readName(scanner, 'a column');
  if (!isQuoted && name === 'count' && scanner.take('()'))
    return { field: undefined, relation: undefined, aggregate: 'count' };
  if (!scanner.take('(')) {
    const field = readSteps(scanner, name);
    return { field, relation: undefined, aggregate: takeAggregateAfterDot(scanner) };
  }
  const field = readField(scanner);
  scanner.expect(')', 'comes after the column of a relation');
  return { field, relation: name, aggregate: undefined };
}

function readTerm(scanner: Scanner): OrderTerm {
  scanner.skipSpace();
  const at = { parameter: scanner.parameter, offset: scanner.position };
  const { field, relation, aggregate } = readBy(scanner);
  const { direction, nulls } = readManner(scanner);
  return { field, relation, aggregate, direction, nulls, at };
}

export function parseOrder(parameter: string, value: string): OrderTerm[] {
  const scanner = new Scanner(parameter, value, 'INVALID_ORDER');
  const terms: OrderTerm[] = [];
  do {
    if (terms.length === LIMITS.orderTerms) scanner.refuse('orderTerms');
    terms.push(readTerm(scanner));
    scanner.skipSpace();
  } while (scanner.take(','));
  scanner.expectEnd();
  return terms;
}
