import { expect, test } from 'vitest';
import { checkNotBefore, expiryOf, requiredExpiryOf } from './expiry.ts';

const NOW = Date.parse('2026-01-15T10:00:00Z');

test.each([
  [{ expiresIn: '7d' }, '2026-01-22T10:00:00.000Z'],
  [{ expiresIn: '30d' }, '2026-02-14T10:00:00.000Z'],
  [{ expiresIn: '1y' }, '2027-01-15T10:00:00.000Z'],
  [{ expiresIn: 'never' }, null],
  [{ expiresAt: '2026-01-15T12:00:01+02:00' }, '2026-01-15T10:00:01.000Z'],
  [{}, undefined],
] as const)('%j is %s', (expiry, at) => {
  expect(expiryOf(expiry, NOW)).toBe(at);
});

test.each([
  [{ expiresIn: '7d', expiresAt: '2026-02-01T00:00:00Z' }, 'expiresAt'],
  [{ expiresAt: '2026-01-15T10:00:00Z' }, 'expiresAt'],
  [{ expiresAt: '2031-02-01T00:00:00Z' }, 'expiresAt'],
  [{}, 'expiresIn'],
] as const)('%j is refused', (expiry, path) => {
  expect(() => requiredExpiryOf(expiry, NOW)).toThrow(
    expect.objectContaining({ details: { fields: [expect.objectContaining({ path })] } }),
  );
});

test('a key begins before it ends', () => {
  const [early, late] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];
  for (const [begin, end] of [
    [early, late],
    [null, early],
    [late, null],
  ] as const) {
    expect(() => checkNotBefore(begin, end)).not.toThrow();
  }
  expect(() => checkNotBefore(late, early)).toThrow('notBefore');
});
