import { writeApiKey } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { correlationIdOf } from './correlation.ts';

test('a correlation id that fits is kept, any other is replaced', () => {
  expect(correlationIdOf('order:42.a-b_c')).toBe('order:42.a-b_c');
  const key = writeApiKey({ owner: 'member', stage: 'live', id: '0123456789AB', secret: 'x'.repeat(43) });
  for (const given of [
    undefined,
    key,
    `my:${key}`,
    'short',
    'a'.repeat(129),
    'with space',
    'one-two-3, one-two-3',
  ])
    expect(correlationIdOf(given)).toMatch(/^[0-9a-f-]{36}$/);
});
