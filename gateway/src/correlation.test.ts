import { expect, test } from 'vitest';
import { correlationIdOf, traceparentOf } from './correlation.ts';

const GIVEN = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
const WELL_FORMED = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

test('a correlation id that fits is kept, any other is replaced', () => {
  expect(correlationIdOf('order:42.a-b_c')).toBe('order:42.a-b_c');
  for (const given of [undefined, 'short', 'a'.repeat(129), 'with space', 'one-two-3, one-two-3'])
    expect(correlationIdOf(given)).toMatch(/^[0-9a-f-]{36}$/);
});

test('a trace is continued for a trusted peer only', () => {
  expect(traceparentOf(GIVEN, true)).toBe(GIVEN);
  const fresh = traceparentOf(GIVEN, false);
  expect(fresh).toMatch(WELL_FORMED);
  expect(fresh).not.toContain('0af7651916cd43dd8448eb211c80319c');
});

test.each([
  undefined,
  'rubbish',
  GIVEN.toUpperCase(),
  `ff${GIVEN.slice(2)}`,
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  `${GIVEN}, ${GIVEN}`,
])('a traceparent like %s starts anew', (given) => {
  expect(traceparentOf(given, true)).toMatch(WELL_FORMED);
});
