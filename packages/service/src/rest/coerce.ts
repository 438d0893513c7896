import type { z } from 'zod';
import { unwrap } from './casing.ts';

// Query strings and path segments hold only text; the schema says what the text stands for. Text that is not of that
// form is left as it is, so that the validator names it.

type Coerce = (text: string) => unknown;

/** As JSON writes it: Number() would take hexadecimals, blanks and signs too. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

const COERCIONS: Record<string, Coerce> = {
  number: (text) => (NUMBER.test(text) && Number.isFinite(Number(text)) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

function coercionOf(schema: z.core.$ZodType): Coerce | undefined {
  return COERCIONS[(unwrap(schema) as z.core.$ZodTypes)._zod.def.type];
}

/** `shape`: the input schema's fields, keyed as the procedure names them. */
export function compileCoercion(shape: Record<string, z.core.$ZodType>) {
  const fields = Object.entries(shape).flatMap(([key, schema]) => {
    const coerce = coercionOf(schema);
    return coerce ? [[key, coerce] as const] : [];
  });
  return (input: Record<string, unknown>): void => {
    for (const [key, coerce] of fields) {
      const value = input[key];
      if (typeof value === 'string') input[key] = coerce(value);
    }
  };
}
