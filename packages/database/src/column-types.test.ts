import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, integerOf } from './column-types.ts';

describe('instants', () => {
  it('sort as text like they do in time', () => {
    expect(instantOf('2024-01-01 12:00:00+00')).toBe('2024-01-01T12:00:00.000000Z');
    expect(instantOf('2024-01-01 12:00:00.5+00')).toBe('2024-01-01T12:00:00.500000Z');
    expect(instantOf('2024-01-01 12:00:00.000001+00')).toBe('2024-01-01T12:00:00.000001Z');
  });

  it('without an ISO form stay as they are', () => {
    for (const text of ['infinity', '-infinity', '0044-03-15 00:00:00+00 BC'])
      expect(instantOf(text)).toBe(text);
  });
});

describe('integers', () => {
  it('never change their value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(BigInt(integerOf(String(value)))).toBe(value);
      }),
    );
  });
});
