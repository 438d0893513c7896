import { expect, test } from 'vitest';
import { deprecation, deprecationHeaders, hasBegun, isOver } from './deprecation.ts';

test('the end comes at least six months after the announcement', () => {
  expect(deprecation('2026-01-15', '2026-07-15')).toEqual({ since: '2026-01-15', sunset: '2026-07-15' });
  expect(() => deprecation('2026-01-15', '2026-07-14')).toThrow('six months');
  expect(() => deprecation('2026-01-15', '2025-07-15')).toThrow('six months');
});

test.each(['2026-02-30', 'soon', '2026-1-1', ''])('%j is no day', (day) => {
  expect(() => deprecation('2026-01-01', day)).toThrow();
  expect(() => deprecation(day, '2099-01-01')).toThrow();
});

test('the headers are those of RFC 9745, RFC 8594 and RFC 5829', () => {
  const headers = deprecationHeaders(deprecation('2026-01-01', '2027-06-01'), '/v1/new-things');
  expect(headers).toEqual({
    deprecation: '@1767225600',
    sunset: 'Tue, 01 Jun 2027 00:00:00 GMT',
    link: '</docs>; rel="deprecation"; type="text/html", </docs>; rel="sunset"; type="text/html", </v1/new-things>; rel="successor-version"',
  });
});

test('a day begins and ends in UTC', () => {
  const going = deprecation('2026-01-01', '2026-07-01');
  expect(hasBegun(going, new Date('2025-12-31T23:59:59Z'))).toBe(false);
  expect(hasBegun(going, new Date('2026-01-01T00:00:00Z'))).toBe(true);
  expect(isOver(going, new Date('2026-06-30T23:59:59Z'))).toBe(false);
  expect(isOver(going, new Date('2026-07-01T00:00:00Z'))).toBe(true);
});
