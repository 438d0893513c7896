import type { Statement, Value } from '../query/statement.ts';
import type { ValueTest } from '../request/ast.ts';

// SQL under construction. A fragment is made of text that stands in this service's source, of names that `identifiers.ts` quotes
// after they were found in the schema, and of values, which only ever become parameters: there is no way to make one from a string
// that a caller sent. The same request with other values gives the same text, so that prepared statements are used again.

const texts = Symbol('texts');
const inner = Symbol('inner');

interface Bound {
  value: Value;
  /** Where the value is from, if it is from a test of the request. */
  hole?: Hole;
}

/** What a value was made from, and how: a request of the same shape has another value there. */
export interface Hole {
  test: ValueTest;
  textOf(test: ValueTest): string;
}

export interface Sql {
  readonly [texts]: readonly string[];
  readonly [inner]: readonly (Sql | Bound)[];
}

export const sql = (strings: TemplateStringsArray, ...fragments: readonly Sql[]): Sql => ({
  [texts]: strings,
  [inner]: fragments,
});

/** Text that is safe by what made it. For `identifiers.ts` alone: a test looks who imports it. */
export const trusted = (text: string): Sql => ({ [texts]: [text], [inner]: [] });

/** A value of a type. One that stands in several places of a statement is one parameter there. */
export const bind = (value: Value, type: Sql): Sql => {
  const bound: Bound = { value };
  return { [texts]: ['', '::', ''], [inner]: [bound, type] };
};

/** The value of a test. */
export const bindTested = (test: ValueTest, textOf: Hole['textOf'], type: Sql): Sql => {
  const bound: Bound = { value: textOf(test), hole: { test, textOf } };
  return { [texts]: ['', '::', ''], [inner]: [bound, type] };
};

export const nothing = sql``;

export function join(
  fragments: readonly Sql[],
  separator: ', ' | ' and ' | ' or ' | ' || ' | ' union all ',
): Sql {
  if (fragments.length === 0) return nothing;
  return { [texts]: ['', ...Array<string>(fragments.length - 1).fill(separator), ''], [inner]: fragments };
}

/** All of these, or true. */
export const allOf = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`true` : join(conditions, ' and ');

export const where = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? nothing : sql` where ${join(conditions, ' and ')}`;

/** A statement whose values can be put in anew. */
export interface Form extends Statement {
  /** For each value where it is from, if it is from a test. */
  holes: readonly (Hole | undefined)[];
}

export const statement = (fragment: Sql): Statement => form(fragment);

export function form(fragment: Sql): Form {
  const numbers = new Map<Bound, number>();
  const values: Value[] = [];
  const holes: (Hole | undefined)[] = [];

  function parameter(bound: Bound): string {
    let number = numbers.get(bound);
    if (number === undefined) {
      number = values.push(bound.value);
      holes.push(bound.hole);
      numbers.set(bound, number);
    }
    return `$${number}`;
  }

  function render(part: Sql): string {
    const strings = part[texts];
    const fragments = part[inner];
    let text = strings[0] ?? '';
    for (let index = 0; index < fragments.length; index += 1) {
      const fragment = fragments[index];
      if (fragment) text += 'value' in fragment ? parameter(fragment) : render(fragment);
      text += strings[index + 1] ?? '';
    }
    return text;
  }

  return { text: render(fragment), values, holes };
}

/** A list as Postgres writes an array, for one parameter. */
export const arrayLiteral = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
