import { expect, test } from 'vitest';
import { median, spread } from './statistics.ts';

test('the median is the middle, or between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 2, 4, 8])).toBe(6);
  expect(median([7])).toBe(7);
  expect(() => median([])).toThrow('no median');
});

test('the spread is how far apart they are, as a part of the median', () => {
  expect(spread([90, 100, 120])).toBeCloseTo(0.3);
  expect(spread([0, 0])).toBe(0);
});
