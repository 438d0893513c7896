import { expect, test } from 'vitest';
import { correlationIdOf } from './correlation.ts';

test('a correlation id that fits is kept, any other is replaced', () => {
  expect(correlationIdOf('order:42.a-b_c')).toBe('order:42.a-b_c');
  for (const given of [undefined, 'short', 'a'.repeat(129), 'with space', 'one-two-3, one-two-3'])
    expect(correlationIdOf(given)).toMatch(/^[0-9a-f-]{36}$/);
});
