import { expect, it } from 'vitest';
import { createTokenCache } from './token-cache.ts';

const START = 1_767_225_600_000;
const token = {
  issuer: 'i',
  subject: 's',
  emailVerified: true,
  clientId: 'c',
  issuedAt: START / 1_000,
  expiresAt: START / 1_000 + 300,
};

it('keeps a token for a minute, and not past its end', () => {
  let now = START;
  const cache = createTokenCache(() => now);
  cache.put('long', token);
  cache.put('short', { ...token, expiresAt: START / 1_000 + 10 });
  cache.put('over', { ...token, expiresAt: START / 1_000 });
  expect(cache.get('over')).toBeUndefined();
  now = START + 9_999;
  expect(cache.get('short')).toBeDefined();
  now = START + 10_000;
  expect(cache.get('short')).toBeUndefined();
  now = START + 59_999;
  expect(cache.get('long')).toEqual(token);
  now = START + 60_000;
  expect(cache.get('long')).toBeUndefined();
});

it('forgets the longest unused when it is full', () => {
  const cache = createTokenCache(() => START, 2);
  cache.put('a', token);
  cache.put('b', token);
  cache.get('a');
  cache.put('c', token);
  expect(cache.get('a')).toBeDefined();
  expect(cache.get('b')).toBeUndefined();
  expect(cache.get('c')).toBeDefined();
});
