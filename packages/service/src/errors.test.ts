import { AppError, ERROR_CODES, statusOf } from '@plinth/contracts';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fieldErrors, requestErrorOf, toAppError, toTrpcError } from './errors.ts';

function issuesOf(schema: z.ZodType, input: unknown) {
  const { error } = schema.safeParse(input);
  if (!error) throw new Error('the input is valid');
  return error;
}

describe('toAppError', () => {
  const known = new AppError('SLUG_TAKEN');

  test('leaves what is one already, alone or carried by tRPC', () => {
    expect(toAppError(known)).toBe(known);
    expect(toAppError(toTrpcError(known))).toBe(known);
    expect(toAppError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: known }))).toBe(known);
  });

  test('names each field of a refused input', () => {
    const cause = issuesOf(z.strictObject({ a: z.string(), b: z.number() }), { b: 'x', c: 1 });
    const error = toAppError(new TRPCError({ code: 'BAD_REQUEST', cause }));
    expect(error.code).toBe('VALIDATION_FAILED');
    expect(error.details).toEqual({
      fields: [
        { path: 'a', code: 'required', message: 'is required' },
        { path: 'b', code: 'invalid_type', message: 'Invalid input: expected number, received string' },
        { path: 'c', code: 'unknown_field', message: 'is not a known field' },
      ],
    });
  });

  test('of a union, names what is wrong in the option that was meant', () => {
    const condition = z.strictObject({ column: z.string(), operator: z.enum(['eq', 'in']) });
    const exists = z.strictObject({
      exists: z.strictObject({ table: z.string(), where: z.array(condition) }),
    });
    const one = z.union([condition, exists]);
    const schema = z.object({ using: z.union([one, z.strictObject({ conditions: z.array(one) })]) });
    const paths = (using: unknown) =>
      fieldErrors(issuesOf(schema, { using })).map(({ path, code }) => `${path} ${code}`);
    expect(paths({ column: 'a', operator: 'like' })).toEqual(['using.operator invalid_value']);
    expect(paths({ exists: { table: 1, strange: 2 } })).toEqual([
      'using.exists.table invalid_type',
      'using.exists.where required',
      'using.exists.strange unknown_field',
    ]);
    expect(paths({ conditions: [{ column: 'a', operator: 'eq', not: 1 }] })).toEqual([
      'using.conditions.0.not unknown_field',
    ]);
    expect(paths('a = 1')).toEqual(['using invalid_union']);
    const told = z.object({ type: z.union([z.int(), condition], { error: 'is no type' }) });
    expect(fieldErrors(issuesOf(told, { type: {} }))).toMatchObject([
      { path: 'type', message: 'is no type' },
    ]);
  });

  test('takes an output that is not as promised for our own fault', () => {
    const cause = issuesOf(z.string(), 1);
    const error = toAppError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause }));
    expect(error).toMatchObject({ code: 'INTERNAL_ERROR', message: 'Internal server error', cause });
  });

  test('takes an error of zod in the midst of a procedure for our own fault', () => {
    expect(toAppError(issuesOf(z.string(), 1)).code).toBe('INTERNAL_ERROR');
  });

  test.each([
    ['PARSE_ERROR', 'MALFORMED_JSON'],
    ['NOT_FOUND', 'NOT_FOUND'],
    ['METHOD_NOT_SUPPORTED', 'METHOD_NOT_ALLOWED'],
    ['UNSUPPORTED_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
    ['PAYLOAD_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
    ['BAD_REQUEST', 'VALIDATION_FAILED'],
    ['CLIENT_CLOSED_REQUEST', 'INTERNAL_ERROR'],
  ] as const)('tRPC: %s is %s', (code, expected) => {
    const error = toAppError(new TRPCError({ code, message: 'canary' }));
    expect(error.code).toBe(expected);
    expect(error.message).not.toContain('canary');
  });

  test('tRPC: a body that does not parse is malformed JSON', () => {
    const cause = new SyntaxError('Unexpected token c, "canary" is not valid JSON');
    const error = toAppError(new TRPCError({ code: 'BAD_REQUEST', cause }));
    expect(error.code).toBe('MALFORMED_JSON');
    expect(error.message).not.toContain('canary');
  });

  test.each([
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
    ['FST_ERR_CTP_BODY_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
    ['FST_ERR_CTP_INVALID_JSON_BODY', 'MALFORMED_JSON'],
    ['FST_ERR_BAD_URL', 'NOT_FOUND'],
    ['FST_ERR_SOMETHING_NEW', 'INTERNAL_ERROR'],
    ['23505', 'INTERNAL_ERROR'],
    ['ECONNRESET', 'INTERNAL_ERROR'],
  ])('an error with the code %s is %s', (code, expected) => {
    expect(toAppError(Object.assign(new Error('canary'), { code })).code).toBe(expected);
  });

  test.each([new Error('canary'), 'canary', undefined, null, { code: 'NOT_FOUND' }, 42])(
    'shows nothing of %o',
    (thrown) => {
      const error = toAppError(thrown);
      expect(error).toMatchObject({
        code: 'INTERNAL_ERROR',
        message: 'Internal server error',
        cause: thrown,
      });
      expect(error.details).toBeUndefined();
    },
  );
});

test('a caller that leaves amid its own request is no fault of ours', () => {
  const thrown = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  expect(requestErrorOf(thrown).status).toBe(408);
});

describe('fieldErrors', () => {
  test('gives the path through objects and arrays', () => {
    const schema = z.object({ rules: z.array(z.strictObject({ name: z.string() })) });
    const paths = fieldErrors(issuesOf(schema, { rules: [{ name: 'a' }, { nam: 'b' }] })).map(
      ({ path }) => path,
    );
    expect(paths).toEqual(['rules.1.name', 'rules.1.nam']);
  });

  test('says required of what is missing, and never of what is merely wrong', () => {
    const schema = z.object({ a: z.string(), b: z.number(), c: z.array(z.string()), d: z.boolean() });
    const wrong = fieldErrors(issuesOf(schema, { a: null, b: '1', c: {}, d: 'true' }));
    expect(wrong.map(({ code }) => code)).toEqual(Array(4).fill('invalid_type'));
    expect(fieldErrors(issuesOf(schema, {})).map(({ code }) => code)).toEqual(Array(4).fill('required'));
  });
});

describe('toTrpcError', () => {
  test.each(ERROR_CODES)('%s comes back as itself, with a status of the same class', (code) => {
    const error = new AppError(code);
    const carried = toTrpcError(error);
    expect(toAppError(carried)).toBe(error);
    expect(Math.floor(getHTTPStatusCodeFromError(carried) / 100)).toBe(Math.floor(statusOf(code) / 100));
  });
});
