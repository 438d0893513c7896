import { describe, expect, test } from 'vitest';
import { CORRELATION_ID_PATTERN, parseIdempotencyKey, waitSecondsOf } from './headers.ts';

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

  test('takes apart what is escaped in the quoted spelling', () => {
    expect(parseIdempotencyKey(String.raw`"a\"b\\c"`)).toBe(String.raw`a"b\c`);
    expect(parseIdempotencyKey('a"b')).toBe('a"b');
  });

  test('takes two keys in one line for no key', () => {
    for (const raw of ['"a","b"', '"a', '"a"b', String.raw`"a\"`, String.raw`"a\b"`, '"a";q=1'])
      expect(parseIdempotencyKey(raw), raw).toBeUndefined();
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

test.each([
  ['wait=10', 10],
  ['respond-async, wait=5', 5],
  ['Wait = "7"; x=1', 7],
  ['wait=3600', 30],
  ['wait=0', 0],
  ['wait', 0],
  ['await=9', 0],
  ['wait=-1', 0],
  [undefined, 0],
])('Prefer: %s is a wait of %d seconds', (prefer, seconds) => {
  expect(waitSecondsOf(prefer)).toBe(seconds);
});
