import { type LiteralValue, literalOf } from './literal.ts';

/** What a default can call, and how that is written: nobody's own function can stand in for it. */
const FUNCTIONS = {
  'now()': 'pg_catalog.now()',
  'clock_timestamp()': 'pg_catalog.clock_timestamp()',
  current_date: 'current_date',
  'gen_random_uuid()': 'pg_catalog.gen_random_uuid()',
  'plinth.uid()': 'plinth.uid()',
} as const;

type DefaultFunction = keyof typeof FUNCTIONS;
export const DEFAULT_FUNCTIONS = Object.keys(FUNCTIONS) as [DefaultFunction, ...DefaultFunction[]];

export interface ColumnDefault {
  value?: LiteralValue | undefined;
  function?: DefaultFunction | undefined;
}

const functionNamed = (text: unknown): DefaultFunction | undefined =>
  DEFAULT_FUNCTIONS.find((name) => name === text);

/** As it is usually written: the constant itself, or the call of a function. A text that is no call is said by `value`. */
export function defaultOf(written: string | number | boolean): ColumnDefault {
  const called = functionNamed(written);
  return called ? { function: called } : { value: written };
}

/** Nothing where the value cannot be of the type. */
export function defaultSql({ value, function: called }: ColumnDefault, type: string): string | undefined {
  if (called !== undefined) return FUNCTIONS[called];
  return value === undefined ? undefined : literalOf(value, type);
}
