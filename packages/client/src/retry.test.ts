import { expect, test } from 'vitest';
import { randomId } from './random-id.ts';
import { backoffMs, fractionOf, parseRetryAfter } from './retry.ts';

test('the backoff doubles up to ten seconds, with full jitter', () => {
  const longest = [0, 1, 2, 3, 9].map((retry) => backoffMs(retry, undefined, 1));
  expect(longest).toEqual([200, 400, 800, 1_600, 10_000]);
  expect(backoffMs(3, undefined, 0)).toBe(0);
});

test('the server’s word is the least, and waiting callers do not all come at once', () => {
  expect(backoffMs(0, 2, 0)).toBe(2_000);
  expect(backoffMs(0, 2, 0.5)).toBe(2_100);
});

test('the chance in an id is from all of 0 to 1, another for each retry', () => {
  const fractions = Array.from({ length: 200 }, randomId).flatMap((id) =>
    [0, 1, 2, 3, 4].map((retry) => fractionOf(id, retry)),
  );
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...fractions)).toBeLessThan(1);
  const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.1);
  expect([0, 1, 3].map((retry) => fractionOf('00000000800000000000000040000000', retry))).toEqual([
    0, 0.5, 0.25,
  ]);
});

test.each([
  ['7', 7],
  ['0', 0],
  ['-1', 0],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('Retry-After: %s', (value, seconds) => {
  expect(parseRetryAfter(value, 1_000)).toBe(seconds);
});
