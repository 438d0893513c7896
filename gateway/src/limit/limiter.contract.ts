import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { RateLimit } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Limiter } from './limiter.ts';

const limit = (quota: number, changes: Partial<RateLimit> = {}): RateLimit => ({
  policy: 'principal',
  key: randomUUID(),
  quota,
  windowSeconds: 3_600,
  ...changes,
});

/** What every backend behind the limiter does alike. */
export function limiterContract(name: string, open: () => Promise<Limiter>): void {
  describe(`the limiter on ${name}`, () => {
    let limiter: Limiter;
    beforeAll(async () => {
      limiter = await open();
    });
    afterAll(() => limiter.close());

    it('lets a quota through and refuses the next, telling when to come back', async () => {
      const limits = [limit(3)];
      for (const remaining of [2, 1, 0]) {
        expect(await limiter.take(limits, 1)).toMatchObject({
          allowed: true,
          policies: [{ policy: 'principal', quota: 3, windowSeconds: 3_600, remaining }],
          violated: [],
          retryAfter: 0,
          degraded: false,
        });
      }
      const refused = await limiter.take(limits, 1);
      expect(refused).toMatchObject({
        allowed: false,
        violated: ['principal'],
        policies: [{ remaining: 0 }],
      });
      // One of three in an hour is 20 minutes, less half of that for rounding.
      expect(refused.retryAfter).toBeGreaterThan(0);
      expect(refused.retryAfter).toBeLessThanOrEqual(1_200);
      expect(refused.policies[0]?.resetSeconds).toBe(refused.retryAfter);
    });

    it('takes from all limits or from none', async () => {
      const wide = limit(10, { policy: 'tenant' });
      const narrow = limit(2);
      await limiter.take([narrow, wide], 1);
      await limiter.take([narrow, wide], 1);
      const refused = await limiter.take([narrow, wide], 1);
      expect(refused).toMatchObject({ allowed: false, violated: ['principal'] });
      expect(refused.policies.map(({ remaining }) => remaining)).toEqual([0, 8]);
      expect((await limiter.take([wide], 8)).allowed).toBe(true);
      expect((await limiter.take([wide], 1)).allowed).toBe(false);
    });

    it('names every limit that refuses', async () => {
      const limits = [limit(1), limit(1, { policy: 'tenant' })];
      await limiter.take(limits, 1);
      expect((await limiter.take(limits, 1)).violated).toEqual(['principal', 'tenant']);
    });

    it('charges what a call costs, and nothing for a refused one', async () => {
      const limits = [limit(10)];
      expect((await limiter.take(limits, 7)).policies[0]?.remaining).toBe(3);
      for (let i = 0; i < 20; i++) expect((await limiter.take(limits, 4)).allowed).toBe(false);
      expect((await limiter.take(limits, 3)).allowed).toBe(true);
    });

    it('lets a call dearer than the quota through when the quota is whole', async () => {
      const limits = [limit(5)];
      expect((await limiter.take(limits, 20)).policies[0]?.remaining).toBe(0);
      expect((await limiter.take(limits, 20)).allowed).toBe(false);
    });

    it('keeps keys, and policies of one key, apart', async () => {
      const key = randomUUID();
      expect((await limiter.take([limit(1, { key })], 1)).allowed).toBe(true);
      expect((await limiter.take([limit(1, { key, policy: 'burst' })], 1)).allowed).toBe(true);
      expect((await limiter.take([limit(1)], 1)).allowed).toBe(true);
      expect((await limiter.take([limit(1, { key })], 1)).allowed).toBe(false);
    });

    it('counts a tenant as one for all its principals', async () => {
      const tenant = limit(4, { policy: 'tenant' });
      const calls = [1, 2, 3, 4, 5].map(() => limiter.take([limit(2), tenant], 1));
      expect((await Promise.all(calls)).filter(({ allowed }) => allowed)).toHaveLength(4);
    });

    it('lets exactly a quota of parallel calls through', async () => {
      const limits = [limit(10)];
      const decisions = await Promise.all(Array.from({ length: 50 }, () => limiter.take(limits, 1)));
      expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(10);
    });

    it('gives quota back as time passes', async () => {
      const limits = [limit(10, { windowSeconds: 1 })];
      expect((await limiter.take(limits, 10)).allowed).toBe(true);
      await wait(250);
      expect((await limiter.take(limits, 2)).allowed).toBe(true);
    });

    it('allows what nothing limits', async () => {
      expect(await limiter.take([], 1)).toMatchObject({ allowed: true, policies: [] });
    });
  });
}
