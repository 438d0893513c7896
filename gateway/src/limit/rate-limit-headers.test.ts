import { parseList } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import type { Decision } from './decision.ts';
import { spread, tellRateLimits } from './rate-limit-headers.ts';

const policies = [
  { policy: 'principal', quota: 600, windowSeconds: 60, remaining: 0, resetSeconds: 2 },
  { policy: 'tenant', quota: 1_200, windowSeconds: 60, remaining: 1_199, resetSeconds: 1 },
];
const allowed = { allowed: true, policies, violated: [], retryAfter: 0, degraded: false };

const told = (decision: Decision): Record<string, string> => {
  const headers = {};
  tellRateLimits(decision, headers);
  return headers;
};

const itemsOf = (field: string | undefined) =>
  parseList(field ?? '').map(([name, parameters]) => [name, Object.fromEntries(parameters)]);

describe('the rate-limit fields', () => {
  it('are structured lists of every policy', () => {
    const headers = told(allowed);
    expect(itemsOf(headers['ratelimit-policy'])).toEqual([
      ['principal', { q: 600, w: 60 }],
      ['tenant', { q: 1_200, w: 60 }],
    ]);
    expect(itemsOf(headers.ratelimit)).toEqual([
      ['principal', { r: 0, t: 2 }],
      ['tenant', { r: 1_199, t: 1 }],
    ]);
  });

  it('stay well formed whatever a policy is called', () => {
    const odd = { ...allowed, policies: policies.map((one) => ({ ...one, policy: 'a"b\\c\r\nü' })) };
    expect(itemsOf(told(odd).ratelimit)[0]?.[0]).toBe('a"b\\c');
  });

  it('are absent where nothing limits', () => {
    expect(told({ ...allowed, policies: [] })).toEqual({});
  });
});

it('tells to wait as long as needed, and up to a tenth longer', () => {
  for (const seconds of [1, 2, 10, 20, 3_600]) {
    expect(spread(seconds, () => 0)).toBe(seconds);
    expect(spread(seconds, () => 0.999_999)).toBeGreaterThanOrEqual(seconds);
    expect(spread(seconds, () => 0.999_999)).toBeLessThanOrEqual(seconds * 1.1);
  }
  expect(new Set(Array.from({ length: 100 }, () => spread(600))).size).toBeGreaterThan(10);
});
