import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { compileCoercion } from './coerce.ts';

const shape = {
  limit: z.number().int().min(1).default(20),
  flag: z.boolean().optional(),
  name: z.string(),
  maybe: z.number().nullable().optional(),
};
const coerce = compileCoercion(shape);

function coerced(input: Record<string, unknown>): Record<string, unknown> {
  coerce(input);
  return input;
}

test('reads numbers and booleans where the schema has them, and only there', () => {
  expect(coerced({ limit: '7', flag: 'false', name: '7', maybe: '-1.5', other: '1' })).toEqual({
    limit: 7,
    flag: false,
    name: '7',
    maybe: -1.5,
    other: '1',
  });
  expect(coerced({ flag: 'true' })).toEqual({ flag: true });
});

test.each([
  '',
  ' ',
  'seven',
  '1,5',
  '0x',
  '0x10',
  ' 5',
  '5 ',
  '+5',
  '05',
  '5.',
  '.5',
  'NaN',
  'Infinity',
  '1e999',
])('leaves %j for the validator to name', (text) => {
  expect(coerced({ limit: text })).toEqual({ limit: text });
});

test.each(['', '1', '0', 'yes', 'TRUE', 'False'])('takes %j for no boolean', (text) => {
  expect(coerced({ flag: text })).toEqual({ flag: text });
});

test('leaves a parameter that is given twice, or not at all', () => {
  expect(coerced({ limit: ['1', '2'] })).toEqual({ limit: ['1', '2'] });
  expect(coerced({})).toEqual({});
});

test('reads back any number that was written', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const { maybe } = coerced({ maybe: String(number) });
      expect(maybe).toBe(number === 0 ? 0 : number);
    }),
  );
});
