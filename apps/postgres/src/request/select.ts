import type { Embed, SelectItem } from './ast.ts';
import { readSteps } from './field-path.ts';
import { readAggregate } from './having.ts';
import { LIMITS } from './limits.ts';
import { isQuotedNext, readName } from './name.ts';
import { Scanner } from './scanner.ts';

// What is to be seen: `id,full:name,data->a::text,amount.sum(),author:users!fk!inner(id),...place(city)`.

function readCast(scanner: Scanner): string | undefined {
  if (!scanner.take('::')) return undefined;
  const type = readName(scanner, 'a type');
  return scanner.take('[]') ? `${type}[]` : type;
}

function readColumn(scanner: Scanner, name: string, alias: string | undefined): SelectItem {
  const field = readSteps(scanner, name);
  const cast = readCast(scanner);
  const aggregated = scanner.take('.') ? readAggregate(scanner) : undefined;
  const aggregate = aggregated && { name: aggregated, cast: readCast(scanner) };
  return { kind: 'field', field, alias, cast, aggregate };
}

/** `!hint`, `!inner` and `!left` in any order. */
function readJoin(scanner: Scanner): Pick<Embed, 'hint' | 'join'> {
  let hint: string | undefined;
  let join: Embed['join'] | undefined;
  while (scanner.take('!')) {
    const start = scanner.position;
    const isQuoted = isQuotedNext(scanner);
    const name = readName(scanner, 'a foreign key');
    const isJoin = !isQuoted && (name === 'inner' || name === 'left');
    if (isJoin ? join !== undefined : hint !== undefined)
      scanner.fail('one foreign key and one of inner and left can be named', start);
    if (isJoin) join = name;
    else hint = name;
  }
  return { hint, join: join ?? 'left' };
}

function readEmbed(
  scanner: Scanner,
  named: Pick<Embed, 'relation' | 'alias' | 'isSpread'>,
  depth: number,
): Embed {
  const { hint, join } = readJoin(scanner);
  scanner.expect('(', 'begins what is selected of a relation');
  if (depth > LIMITS.embedDepth) scanner.refuse('embedDepth');
  const select = readItems(scanner, depth);
  scanner.expect(')', 'ends what is selected of a relation');
  const { relation, alias, isSpread } = named;
  return {
    kind: 'embed',
    relation,
    hint,
    alias,
    join,
    isSpread,
    select,
    where: [],
    order: [],
    limit: undefined,
    offset: undefined,
  };
}

function readItem(scanner: Scanner, depth: number): SelectItem {
  scanner.skipSpace();
  if (scanner.take('*')) return { kind: 'all' };
  if (scanner.take('...')) {
    const relation = readName(scanner, 'a relation');
    return readEmbed(scanner, { relation, alias: undefined, isSpread: true }, depth + 1);
  }
  let alias: string | undefined;
  let isQuoted = isQuotedNext(scanner);
  let name = readName(scanner, 'a column');
  if (scanner.peek() === ':' && scanner.peek(1) !== ':') {
    scanner.position++;
    alias = name;
    isQuoted = isQuotedNext(scanner);
    name = readName(scanner, 'a column');
  }
  if (!isQuoted && name === 'count' && scanner.take('()'))
    return { kind: 'count', alias, cast: readCast(scanner) };
  if (scanner.peek() === '(' || scanner.peek() === '!')
    return readEmbed(scanner, { relation: name, alias, isSpread: false }, depth + 1);
  return readColumn(scanner, name, alias);
}

/** Up to the end, or the parenthesis that ends what is selected of a relation. */
function readItems(scanner: Scanner, depth: number): SelectItem[] {
  scanner.skipSpace();
  if (scanner.isAtEnd() || scanner.peek() === ')') return [];
  const items: SelectItem[] = [];
  do {
    items.push(readItem(scanner, depth));
    if (items.length > LIMITS.selectItems) scanner.refuse('selectItems');
    scanner.skipSpace();
  } while (scanner.take(','));
  return items;
}

export function parseSelect(value: string): SelectItem[] {
  const scanner = new Scanner('select', value, 'INVALID_SELECT');
  const items = readItems(scanner, 0);
  scanner.expectEnd();
  return items;
}
