import { afterEach, describe, expect, it, vi } from 'vitest';
import { createExpiringCache } from './expiring-cache.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('an expiring cache', () => {
  it('lets go of what was used least recently', () => {
    const cache = createExpiringCache<number>(2);
    const later = Date.now() / 1_000 + 60;
    cache.set('a', 1, later);
    cache.set('b', 2, later);
    cache.get('a');
    cache.set('c', 3, later);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  });

  it('forgets at the very second', () => {
    vi.useFakeTimers({ now: 1_000_000 });
    const cache = createExpiringCache<number>(2);
    cache.set('a', 1, 1_001);
    vi.setSystemTime(1_000_999);
    expect(cache.get('a')).toBe(1);
    vi.setSystemTime(1_001_000);
    expect(cache.get('a')).toBeUndefined();
  });
});
