import { expect, it } from 'vitest';
import { createLocalLimits } from './local.ts';

const limit = (key: string) => ({ policy: 'principal', key, quota: 1, windowSeconds: 60 });

it('remembers no more keys than it may, the longest unused going first', () => {
  const limits = createLocalLimits(() => 1_767_225_600_000, 2);
  const take = (key: string) => limits.take([limit(key)], 1).allowed;
  expect(take('a')).toBe(true);
  expect(take('b')).toBe(true);
  expect(take('a')).toBe(false);
  expect(take('c')).toBe(true);
  expect(take('a')).toBe(false);
  expect(take('b')).toBe(true);
});
