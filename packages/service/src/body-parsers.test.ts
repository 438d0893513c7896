import fc from 'fast-check';
import { expect, test } from 'vitest';
import { depthOf, isTooDeep } from './body-parsers.ts';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

function realDepth(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  return 1 + Math.max(0, ...Object.values(value).map(realDepth));
}

test('measures the depth of any JSON as its value has it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (json) => {
      expect(depthOf(json)).toBe(realDepth(JSON.parse(json)));
    }),
  );
});

test('counts no brackets inside texts', () => {
  for (const text of ['[[[{{{', '"[', '\\"[[', '\\\\', '\\\\"[', '\u2028{']) {
    const json = JSON.stringify({ [text]: text, next: [text] });
    expect(depthOf(json), json).toBe(2);
  }
});

test('allows 32 levels', () => {
  expect(isTooDeep(nested(32))).toBe(false);
  expect(isTooDeep(nested(33))).toBe(true);
});

test('reads what is no JSON without falling over', () => {
  expect(depthOf('')).toBe(0);
  expect(depthOf(']]]]')).toBe(0);
  expect(depthOf('"never closed [[')).toBe(0);
  expect(isTooDeep('['.repeat(1_000_000))).toBe(true);
});
