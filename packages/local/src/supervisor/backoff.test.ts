import { expect, test } from 'vitest';
import { createBackoff } from './backoff.ts';

const options = { firstMs: 100, mostMs: 1_000, healthyMs: 60_000 };

test('doubles from failure to failure up to the most', () => {
  const delayAfter = createBackoff(options);
  expect([0, 0, 0, 0, 0, 0].map(delayAfter)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test('begins again after a healthy minute, and not before', () => {
  const delayAfter = createBackoff(options);
  expect([0, 0, 59_999, 60_000, 0].map(delayAfter)).toEqual([100, 200, 400, 100, 200]);
});
