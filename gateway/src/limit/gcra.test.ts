import type { RateLimit } from '@plinth/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decision.ts';
import { debtAt, MICROS_PER_SECOND, priceOf } from './gcra.ts';

// A year after the epoch of the limiter's clock.
const START = 365 * 86_400 * MICROS_PER_SECOND;

const ratesUpTo = (quota: number, windowSeconds: number): fc.Arbitrary<RateLimit> =>
  fc
    .record({
      quota: fc.integer({ min: 1, max: quota }),
      windowSeconds: fc.integer({ min: 1, max: windowSeconds }),
    })
    .map((rate) => ({ policy: 'p', key: 'k', ...rate }));
const rates = ratesUpTo(10_000, 3_600);

/** A key of its own with a clock that only the test moves. */
function newBucket(limit: RateLimit) {
  let now = START;
  let paidOffAt: number | undefined;
  const peek = (cost: number) => decide([limit], [debtAt(limit, paidOffAt, now)], cost);
  return {
    now: () => now,
    wait(micros: number) {
      now += micros;
    },
    remaining: () => peek(0).policies[0]?.remaining,
    take(cost: number) {
      const decision = peek(cost);
      if (decision.allowed) paidOffAt = now + debtAt(limit, paidOffAt, now) + priceOf(limit, cost);
      return decision;
    },
  };
}

describe('the rate', () => {
  it('is never more than quota and burst in any window', () => {
    const steps = fc.array(
      fc.record({ wait: fc.integer({ min: 0, max: 900_000 }), cost: fc.integer({ min: 1, max: 5 }) }),
      { minLength: 1, maxLength: 200 },
    );
    fc.assert(
      fc.property(ratesUpTo(30, 10), steps, (limit, sequence) => {
        const bucket = newBucket(limit);
        const passed: Array<{ at: number; cost: number }> = [];
        for (const { wait, cost } of sequence) {
          bucket.wait(wait);
          if (bucket.take(cost).allowed) passed.push({ at: bucket.now(), cost: Math.min(cost, limit.quota) });
        }
        for (const first of passed) {
          const end = first.at + limit.windowSeconds * MICROS_PER_SECOND;
          const inWindow = passed.filter(({ at }) => at >= first.at && at < end);
          expect(inWindow.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(2 * limit.quota);
        }
      }),
    );
  });

  it('lets a whole quota through at once, whatever it is, and then nothing', () => {
    fc.assert(
      fc.property(rates, (limit) => {
        const bucket = newBucket(limit);
        for (let left = limit.quota - 1; left >= 0; left--) {
          const decision = bucket.take(1);
          if (!decision.allowed || decision.policies[0]?.remaining !== left) expect.fail(`at ${left}`);
        }
        expect(bucket.take(1)).toMatchObject({ allowed: false, violated: ['p'] });
      }),
      { numRuns: 30 },
    );
  });

  it('is what a client at twice the rate gets in the long run', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 100 }),
        fc.integer({ min: 1, max: 60 }),
        (quota, windowSeconds) => {
          const limit = { policy: 'p', key: 'k', quota, windowSeconds };
          const bucket = newBucket(limit);
          const windows = 10;
          const pause = Math.ceil((windowSeconds * MICROS_PER_SECOND) / quota / 2);
          let passed = 0;
          for (let i = 0; i < quota * 2 * windows; i++) {
            if (bucket.take(1).allowed) passed += 1;
            bucket.wait(pause);
          }
          expect(passed).toBeGreaterThanOrEqual(quota * windows);
          expect(passed).toBeLessThanOrEqual(quota * (windows + 1) + 1);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('what a decision says', () => {
  const used = fc.integer({ min: 0, max: 12_000 });

  it('remaining is exactly what still goes through', () => {
    fc.assert(
      fc.property(rates, used, fc.integer({ min: 0, max: 10_000_000 }), (limit, cost, wait) => {
        const bucket = newBucket(limit);
        bucket.take(cost);
        bucket.wait(wait);
        const left = bucket.remaining() ?? 0;
        expect(bucket.take(left).allowed).toBe(true);
        expect(bucket.take(1).allowed).toBe(false);
      }),
    );
  });

  it('waiting as told is enough, and a second less is not', () => {
    fc.assert(
      fc.property(rates, used, fc.integer({ min: 1, max: 200 }), (limit, before, cost) => {
        const bucket = newBucket(limit);
        bucket.take(before);
        const { allowed, retryAfter } = bucket.take(cost);
        fc.pre(!allowed);
        expect(retryAfter).toBeGreaterThanOrEqual(1);
        bucket.wait((retryAfter - 1) * MICROS_PER_SECOND);
        expect(bucket.take(cost).allowed).toBe(false);
        bucket.wait(MICROS_PER_SECOND);
        expect(bucket.take(cost).allowed).toBe(true);
      }),
      {
        // Waits of whole seconds to the last digit, where a sum of doubles falls on one side or the other.
        examples: [
          [{ policy: 'p', key: 'k', quota: 189, windowSeconds: 3_234 }, 5_602, 167],
          [{ policy: 'p', key: 'k', quota: 522, windowSeconds: 876 }, 3_954, 131],
        ],
      },
    );
  });

  it('refusals do not push the time further away', () => {
    const bucket = newBucket({ policy: 'p', key: 'k', quota: 10, windowSeconds: 60 });
    bucket.take(10);
    const { retryAfter } = bucket.take(1);
    for (let i = 0; i < 100; i++) bucket.take(1);
    expect(bucket.take(1).retryAfter).toBe(retryAfter);
  });

  it('a clock set back by a day locks nobody out for longer than the window', () => {
    const limit = { policy: 'p', key: 'k', quota: 10, windowSeconds: 60 };
    const debt = debtAt(limit, START + 86_400 * MICROS_PER_SECOND, START);
    expect(decide([limit], [debt], 1)).toMatchObject({ allowed: false, retryAfter: 3 });
    expect(decide([limit], [debt], 10)).toMatchObject({ allowed: false, retryAfter: 57 });
  });
});
