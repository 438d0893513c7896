import { AppError } from '@plinth/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { snakeCasing, toSnake } from './casing.ts';

// A name whose parts begin with a letter: the only kind that our schemas use, and that recasing can invert.
const fieldName = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), { minLength: 1, maxLength: 3 })
  .map(
    ([first = 'a', ...rest]) => first + rest.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(''),
  );

interface Sample {
  schema: z.ZodType;
  value: unknown;
  snake: unknown;
}

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.string().map((text) => ({ schema: z.string(), value: text, snake: text })),
  fc.constant({ schema: z.string().nullable(), value: null, snake: null }),
  // What users keep is theirs, down to the last key.
  fc.dictionary(fc.string(), fc.jsonValue()).map((json) => ({
    schema: z.record(z.string(), z.json()),
    value: json,
    snake: json,
  })),
);

const objectOf = (member: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc.dictionary(fieldName, member, { maxKeys: 4, noNullPrototype: true }).map((members) => {
    const entries = Object.entries(members);
    return {
      schema: z.strictObject(Object.fromEntries(entries.map(([key, { schema }]) => [key, schema]))),
      value: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
      snake: Object.fromEntries(entries.map(([key, { snake }]) => [toSnake(key), snake])),
    };
  });

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    objectOf(tie('sample')),
    tie('sample').map(({ schema, value, snake }) => ({
      schema: z.array(schema).optional(),
      value: [value, value],
      snake: [snake, snake],
    })),
  ),
}));

describe('snakeCasing', () => {
  test('writes every field of the schema in snake_case and reads it back, however deep', () => {
    fc.assert(
      fc.property(objectOf(sample), ({ schema, value, snake }) => {
        const casing = snakeCasing(schema, schema);
        expect(casing.output(value)).toEqual(snake);
        expect(casing.input(snake)).toEqual(value);
        expect(schema.safeParse(casing.input(snake)).success).toBe(true);
      }),
    );
  });

  test("leaves users' JSON as they wrote it", () => {
    const schema = z.object({
      userData: z.json(),
      freeForm: z.record(z.string(), z.unknown()),
      rest: z.unknown(),
    });
    const data = { snake_key: 1, camelKey: { userData: [{ freeForm: true }] } };
    const { input, output } = snakeCasing(schema, schema);
    const camel = { userData: data, freeForm: data, rest: data };
    const snake = { user_data: data, free_form: data, rest: data };
    expect(output(camel)).toEqual(snake);
    expect(input(snake)).toEqual(camel);
  });

  test('keeps a key that is not of the schema for the validator to name', () => {
    const { input } = snakeCasing(z.strictObject({ displayName: z.string() }), undefined);
    expect(input({ display_name: 'x', strange_key: 1 })).toEqual({ displayName: 'x', strange_key: 1 });
    expect(input('text')).toBe('text');
    expect(input(null)).toBeNull();
  });

  test('takes one spelling: the other one is refused, and the right one named', () => {
    const { input } = snakeCasing(z.strictObject({ displayName: z.string() }), undefined);
    expect(() => input({ displayName: 'x' })).toThrow(AppError);
    expect(() => input({ displayName: 'x', display_name: 'y' })).toThrow(/here it is display_name/);
  });

  test('knows the fields of each option of a union, even under one name', () => {
    const schema = z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('a'), nodeConfig: z.strictObject({ maxItems: z.number() }) }),
      z.strictObject({ kind: z.literal('b'), nodeConfig: z.strictObject({ minItems: z.number() }) }),
      z.strictObject({ kind: z.literal('c'), nodeConfig: z.null() }),
    ]);
    const { input, output } = snakeCasing(schema, schema);
    for (const [camel, snake] of [
      [
        { kind: 'a', nodeConfig: { maxItems: 1 } },
        { kind: 'a', node_config: { max_items: 1 } },
      ],
      [
        { kind: 'b', nodeConfig: { minItems: 1 } },
        { kind: 'b', node_config: { min_items: 1 } },
      ],
      [
        { kind: 'c', nodeConfig: null },
        { kind: 'c', node_config: null },
      ],
    ]) {
      expect(output(camel)).toEqual(snake);
      expect(input(snake)).toEqual(camel);
    }
  });

  test('looks inside optional, nullable, default, readonly, transform, preprocess and lazy', () => {
    const inner = z.strictObject({ innerKey: z.number() });
    const schema = z.strictObject({
      anOptional: inner.optional(),
      aNullable: inner.nullable(),
      aDefault: inner.default({ innerKey: 1 }),
      aReadonly: inner.readonly(),
      aTransform: inner.transform((value) => value),
      aPreprocess: z.preprocess((value) => value, inner),
      aLazy: z.lazy(() => inner),
      anArray: z.array(inner.nullable()),
    });
    const { input } = snakeCasing(schema, undefined);
    const snakes = Object.keys(schema.shape).map((key) => [toSnake(key), { inner_key: 1 }]);
    const recased = input({ ...Object.fromEntries(snakes), an_array: [{ inner_key: 1 }, null] });
    expect(recased).toEqual({
      ...Object.fromEntries(Object.keys(schema.shape).map((key) => [key, { innerKey: 1 }])),
      anArray: [{ innerKey: 1 }, null],
    });
  });

  test('tells the path of a field as the caller knows it, and leaves places in arrays', () => {
    const schema = z.strictObject({ accessRules: z.array(z.strictObject({ ruleName: z.string() })) });
    const { path } = snakeCasing(schema, undefined);
    expect(path('accessRules.0.ruleName')).toBe('access_rules.0.rule_name');
    expect(path('somethingElse')).toBe('somethingElse');
  });
});
