import { expect, test } from 'vitest';
import { backoffMs, parseRetryAfter } from './retry.ts';

test('the backoff doubles up to ten seconds, with full jitter', () => {
  const longest = [0, 1, 2, 3, 9].map((retry) => backoffMs(retry, undefined, () => 1));
  expect(longest).toEqual([200, 400, 800, 1_600, 10_000]);
  expect(backoffMs(3, undefined, () => 0)).toBe(0);
});

test('the server’s word is the least, and waiting callers do not all come at once', () => {
  expect(backoffMs(0, 2, () => 0)).toBe(2_000);
  expect(backoffMs(0, 2, () => 0.5)).toBe(2_100);
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
