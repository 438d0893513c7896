import { AppError } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { callsOf, toTypedErrorBody } from './typed-error.ts';

const error = new AppError('RATE_LIMITED', { retryAfter: 3, details: { policy: 'principal' } });

test('an error looks as tRPC writes one', () => {
  expect(toTypedErrorBody(error, 'corr-1234', '/trpc/tenancy/tenant.get', '')).toEqual({
    error: {
      message: 'Too many requests',
      code: -32029,
      data: {
        code: 'RATE_LIMITED',
        httpStatus: 429,
        correlationId: 'corr-1234',
        details: { policy: 'principal' },
        retryAfter: 3,
      },
    },
  });
});

test('a batch is told once for each of its calls', () => {
  const body = toTypedErrorBody(error, 'corr-1234', '/trpc/tenancy/a.b,c.d,e.f', '?batch=1&input=x');
  expect(body).toHaveLength(3);
});

test.each([
  ['/trpc/tenancy/a.b,c.d', '', 1],
  ['/trpc/tenancy/a.b,c.d', '?batch=1', 2],
  ['/trpc/tenancy/a.b%2Cc.d', '?input=x&batch=1', 2],
  ['/trpc/tenancy/a.b', '?batch=1', 1],
  ['/trpc/tenancy/a.b,c.d', '?batch=10', 1],
])('%s%s is %i calls', (path, search, calls) => {
  expect(callsOf(path, search)).toBe(calls);
});

test('what has no number of its own is a bad request or an internal error', () => {
  const codeOf = (of: AppError) => toTypedErrorBody(of, 'corr-1234', '/trpc/tenancy/x', '');
  expect(codeOf(new AppError('URI_TOO_LONG'))).toMatchObject({ error: { code: -32600 } });
  expect(codeOf(new AppError('UPSTREAM_TIMEOUT'))).toMatchObject({ error: { code: -32603 } });
});
