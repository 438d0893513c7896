import { describe, expect, test } from 'vitest';
import { CORRELATION_ID_PATTERN, parseIdempotencyKey } from './headers.ts';

describe('parseIdempotencyKey', () => {
  test('takes the bare and the quoted spelling of one key', () => {
    expect(parseIdempotencyKey('8e03978e')).toBe('8e03978e');
    expect(parseIdempotencyKey('"8e03978e"')).toBe('8e03978e');
  });

  test('takes 255 characters, quoted or not', () => {
    const longest = 'k'.repeat(255);
    expect(parseIdempotencyKey(longest)).toBe(longest);
    expect(parseIdempotencyKey(`"${longest}"`)).toBe(longest);
    expect(parseIdempotencyKey(`${longest}k`)).toBeUndefined();
  });

  test.each(['', '""', 'a b', 'a\tb', 'schlüssel', 'a\n', 'one, two', '" "'])('refuses %j', (raw) => {
    expect(parseIdempotencyKey(raw)).toBeUndefined();
  });
});

test('a correlation id is 8 to 128 harmless characters', () => {
  for (const id of ['corr-123', 'a'.repeat(128), 'A.b_c:d-9'])
    expect(CORRELATION_ID_PATTERN.test(id)).toBe(true);
  for (const id of ['short', 'a'.repeat(129), 'with space', 'line\nbreak-1', 'comma,comma', 'corr-123\n']) {
    expect(CORRELATION_ID_PATTERN.test(id), id).toBe(false);
  }
});
