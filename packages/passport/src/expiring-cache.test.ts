import { afterEach, describe, expect, it, vi } from 'vitest';
import { createExpiringCache } from './expiring-cache.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('an expiring cache', () => {
  it('lets go of what came first', () => {
    const cache = createExpiringCache<number>(2);
    const later = Date.now() / 1_000 + 60;
    cache.set('a', 1, later);
    cache.set('b', 2, later);
    cache.set('a', 3, later);
    cache.set('c', 4, later);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([3, undefined, 4]);
  });

  it('takes no token for another that ends alike', () => {
    const cache = createExpiringCache<number>(2);
    const later = Date.now() / 1_000 + 60;
    const end = 'e'.repeat(100);
    cache.set(`a${end}`, 1, later);
    expect(cache.get(`b${end}`)).toBeUndefined();
    cache.set(`b${end}`, 2, later);
    expect([cache.get(`a${end}`), cache.get(`b${end}`)]).toEqual([undefined, 2]);
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
