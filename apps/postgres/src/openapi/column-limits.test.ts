import { expect, test } from 'vitest';
import type { Column } from '../schema-cache/schema.ts';
import { limitsOf } from './column-limits.ts';

const column = (name: string, category: Column['category'], ...checks: string[]): Column => ({
  name,
  position: 1,
  type: 'text',
  baseType: 'text',
  category,
  isNullable: true,
  hasDefault: false,
  default: undefined,
  isGenerated: false,
  isIdentity: false,
  enumValues: undefined,
  checks,
  comment: undefined,
  rights: 0,
});

test.each<[Column['category'], string, object]>([
  ['number', `((a >= 0) AND (a < '-5'::integer))`, { minimum: 0, exclusiveMaximum: -5 }],
  ['number', `((a > 1.5) AND (a <= '-10'::numeric))`, { exclusiveMinimum: 1.5, maximum: -10 }],
  ['number', `(a = ANY (ARRAY['1'::bigint, '-2'::bigint]))`, { enum: [1, -2] }],
  ['number', `(a = ANY (ARRAY[1, 2]))`, { enum: [1, 2] }],
  ['number', `(((a)::numeric >= 1.5) AND (a <= 9))`, { minimum: 1.5, maximum: 9 }],
  [
    'text',
    `(a = ANY (ARRAY['a'::text, 'b''c'::text, 'd, e) AND ('::text]))`,
    { enum: ['a', "b'c", 'd, e) AND ('] },
  ],
  [
    'text',
    `((a)::text = ANY ((ARRAY['a'::character varying, 'b\\c'::character varying])::text[]))`,
    { enum: ['a', 'b\\c'] },
  ],
  ['text', `((char_length(a) >= 1) AND (char_length((a)::text) < 4))`, { minLength: 1, maxLength: 3 }],
  ['text', `(btrim((a)::text) <> ''::text)`, { minLength: 1 }],
  ['text', `(a = 'x'::text)`, { enum: ['x'] }],
  ['array', `((cardinality(a) > 0) AND (cardinality(a) <= 3))`, { minItems: 1, maxItems: 3 }],
])('of %s, %s', (category, sql, limits) => {
  expect(limitsOf(column('a', category, sql))).toEqual(limits);
});

test.each([
  `((a > 0) OR (a < 9))`,
  `(NOT ((a >= 0) AND (a <= 5)))`,
  `f(((a >= 0) AND (a <= 5)))`,
  `COALESCE(((a >= 0) AND (a <= 5)), true)`,
  `((a + 1) >= 0)`,
  `((- a) >= 0)`,
  `(a >= (0 - 5))`,
  `(('a >= 0'::text = 'x'::text) OR true)`,
  `(ws_b.ne(a, 0))`,
  `(a <> 5)`,
  `(a >= 'NaN'::numeric)`,
])('nothing of %s', (sql) => {
  expect(limitsOf(column('a', 'number', sql))).toEqual({});
});

test('a name is read as it is quoted', () => {
  expect(limitsOf(column('A "b" (c)', 'number', `("A ""b"" (c)" >= 3)`))).toEqual({ minimum: 3 });
  expect(limitsOf(column('a.c', 'number', `(abc >= 3)`))).toEqual({});
});
