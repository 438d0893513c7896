import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { startLoad } from '@plinth/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limiterContract } from './limiter.contract.ts';
import { createLimiter, type Limiter, MAX_FAILURES } from './limiter.ts';
import { openTestLink, type TestLink } from './test-link.ts';

// biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Redis.
const redisUrl = process.env.PLINTH_TEST_REDIS_URL;

/** A machine may stand still for longer than a gateway waits for Redis, and gateways that count alone prove nothing here. */
const redisWithinMs = 5_000;

const ready = async (limiter: Limiter): Promise<Limiter> => {
  await vi.waitFor(() => expect(limiter.degradation()).toBeUndefined(), { timeout: 60_000 });
  return limiter;
};
const limits = (quota: number) => [{ policy: 'principal', key: randomUUID(), quota, windowSeconds: 3_600 }];

limiterContract('its own memory', async () => createLimiter({}));

it('without Redis, counts its share of the gateways', async () => {
  const limiter = createLimiter({ replicas: 3 });
  expect((await limiter.take(limits(10), 1)).policies[0]).toMatchObject({ quota: 3, remaining: 2 });
  expect((await limiter.take(limits(1), 1)).policies[0]).toMatchObject({ quota: 1, remaining: 0 });
});

it('gives nobody a new quota, and locks nobody out, when the date of the machine is set', async () => {
  const limiter = createLimiter({});
  const perSecond = [{ policy: 'principal', key: randomUUID(), quota: 2, windowSeconds: 1 }];
  const spent = limits(1);
  await limiter.take(spent, 1);
  await limiter.take(perSecond, 2);
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + 86_400_000);
  expect((await limiter.take(spent, 1)).allowed).toBe(false);
  vi.setSystemTime(Date.now() - 2 * 86_400_000);
  vi.useRealTimers();
  await expect.poll(async () => (await limiter.take(perSecond, 1)).allowed).toBe(true);
});

it('with a Redis that was never there, limits on its own and says so', async () => {
  const limiter = createLimiter({ redisUrl: 'redis://127.0.0.1:1', replicas: 2 });
  const shared = limits(4);
  for (const allowed of [true, true, false, false, false, false]) {
    expect(await limiter.take(shared, 1)).toMatchObject({ allowed, degraded: true });
  }
  expect(limiter.degradation()).toBe('disconnected');
  limiter.close();
});

it('without its Redis, halves what is left to strangers, and leaves everybody something', async () => {
  const limiter = createLimiter({ redisUrl: 'redis://127.0.0.1:1', replicas: 2 });
  const quotaOf = async (quota: number, limitClass?: 'auth') =>
    (await limiter.take(limits(quota), 1, limitClass)).policies[0]?.quota;
  expect([await quotaOf(12), await quotaOf(12, 'auth')]).toEqual([6, 3]);
  expect([await quotaOf(1), await quotaOf(1, 'auth')]).toEqual([1, 1]);
  limiter.close();
});

it('alone by choice, halves nothing', async () => {
  const limiter = createLimiter({ replicas: 2 });
  expect((await limiter.take(limits(12), 1, 'auth')).policies[0]?.quota).toBe(6);
});

describe.runIf(redisUrl)('with Redis', () => {
  const url = redisUrl ?? '';
  const { hostname: host, port } = new URL(url || 'redis://127.0.0.1:6379');

  limiterContract('Redis', () => ready(createLimiter({ redisUrl: url, redisWithinMs })));

  describe('many gateways, each with another idea of the time,', () => {
    const HOUR_MS = 3_600_000;
    let gateways: Limiter[];
    beforeEach(async () => {
      const open = (skew: number) =>
        createLimiter({ redisUrl: url, redisWithinMs, now: () => Date.now() + skew });
      gateways = await Promise.all([0, HOUR_MS, -HOUR_MS].map((skew) => ready(open(skew))));
    });
    afterEach(() => {
      for (const gateway of gateways) gateway.close();
    });

    it('share one limit to the last request', async () => {
      const shared = limits(100);
      const calls = gateways.flatMap((gateway) => Array.from({ length: 60 }, () => gateway.take(shared, 1)));
      const decisions = await Promise.all(calls);
      expect(decisions.filter(({ degraded }) => degraded)).toEqual([]);
      expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(100);
    });

    it('let somebody who asks at twice the rate have the rate, and never more than that and a burst', async () => {
      const [quota, windowSeconds, seconds] = [100, 2, 6];
      const shared = [{ policy: 'principal', key: randomUUID(), quota, windowSeconds }];
      const perSecond = quota / windowSeconds;
      const load = startLoad(
        Object.fromEntries(
          gateways.map((gateway, i) => [
            `gateway ${i}`,
            { perSecond: (2 * perSecond) / gateways.length, send: async () => gateway.take(shared, 1) },
          ]),
        ),
      );
      await wait(seconds * 1_000);
      const history = (await load.stop()).toSorted((a, b) => a.at - b.at);
      expect(history.filter(({ outcome }) => outcome?.degraded !== false)).toEqual([]);

      const passed = history.filter(({ outcome }) => outcome?.allowed);
      // What is taken between two instants, as seen from here: the answers take a while.
      const slack = Math.ceil((Math.max(...history.map(({ tookMs }) => tookMs)) / 1_000) * perSecond) + 1;
      for (const { at } of passed) {
        const inWindow = passed.filter((one) => one.at >= at && one.at < at + windowSeconds * 1_000);
        expect(inWindow.length).toBeLessThanOrEqual(2 * quota + slack);
      }
      const lastRefused = history.findLast(({ outcome }) => outcome?.allowed === false);
      const elapsed = ((lastRefused?.at ?? 0) - (history[0]?.at ?? 0)) / 1_000;
      const owed = quota + perSecond * elapsed;
      const got = passed.filter(({ at }) => at <= (lastRefused?.at ?? 0)).length;
      expect(Math.abs(got - owed)).toBeLessThanOrEqual(owed / 100 + slack);
    });
  });

  it('leaves nothing behind once a debt is paid', async () => {
    const limiter = await ready(createLimiter({ redisUrl: url, redisWithinMs }));
    const client = new Redis(url);
    const before = new Set(await client.keys('plinth:limit:*'));
    await limiter.take([{ policy: 'principal', key: randomUUID(), quota: 10, windowSeconds: 1 }], 1);
    const made = (await client.keys('plinth:limit:*')).filter((key) => !before.has(key));
    expect(made.length).toBeGreaterThan(0);
    await expect.poll(() => client.exists(...made)).toBe(0);
    client.disconnect();
    limiter.close();
  });

  it('goes on after Redis has lost its scripts', async () => {
    const limiter = await ready(createLimiter({ redisUrl: url, redisWithinMs }));
    const client = new Redis(url);
    const shared = limits(10);
    await limiter.take(shared, 1);
    await client.script('FLUSH');
    expect(await limiter.take(shared, 1)).toMatchObject({ degraded: false, policies: [{ remaining: 8 }] });
    client.disconnect();
    limiter.close();
  });

  describe('over a link that fails', () => {
    let link: TestLink;
    let limiter: Limiter;
    let later = 0;
    const logged: string[] = [];
    const note = (_details: object, message: string) => {
      logged.push(message);
    };

    beforeEach(async () => {
      link = await openTestLink({ host, port: Number(port) });
      later = 0;
      logged.length = 0;
      limiter = createLimiter({
        redisUrl: `redis://127.0.0.1:${link.port}`,
        redisWithinMs: 300,
        replicas: 2,
        log: { debug: note, info: note, warn: note, error: note },
        now: () => Date.now() + later,
      });
      await ready(limiter);
    });
    afterEach(async () => {
      limiter.close();
      await link.cut();
    });

    async function expectRecovery(): Promise<void> {
      later += 6_000;
      await expect
        .poll(async () => {
          later += 6_000;
          return (await limiter.take(limits(10), 1)).degraded;
        })
        .toBe(false);
      expect(limiter.degradation()).toBeUndefined();
      expect(logged).toEqual([
        'Redis does not answer: this gateway limits on its own',
        'rate limits are shared again',
      ]);
    }

    it('decides alone while Redis is frozen, and comes back', async () => {
      link.freeze();
      const shared = limits(10);
      const decisions = [];
      for (let i = 0; i < 12; i++) decisions.push(await limiter.take(shared, 1));
      // Five waits open the breaker; without a timeout they would not end.
      expect(decisions.every(({ degraded }) => degraded)).toBe(true);
      expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(5);
      expect(limiter.degradation()).toBeDefined();
      link.thaw();
      await expectRecovery();
    });

    it('neither gives back nor takes again what was taken before', async () => {
      const shared = limits(100);
      for (let i = 0; i < 60; i++) await limiter.take(shared, 1);
      link.freeze();
      let alone = 0;
      while ((await limiter.take(shared, 1)).allowed) alone += 1;
      expect(alone).toBe(50);
      link.thaw();
      await expectRecovery();
      const { policies } = await limiter.take(shared, 1);
      // Those that had been sent when the link froze arrive after all.
      expect(policies[0]?.remaining).toBeLessThanOrEqual(39);
      expect(policies[0]?.remaining).toBeGreaterThanOrEqual(39 - MAX_FAILURES);
    });

    it('decides alone while Redis is away, and comes back', async () => {
      await link.cut();
      const shared = limits(10);
      const decisions = await Promise.all(Array.from({ length: 12 }, () => limiter.take(shared, 1)));
      expect(decisions.every(({ degraded }) => degraded)).toBe(true);
      expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(5);
      expect(limiter.degradation()).toBe('disconnected');
      await link.restore();
      await expectRecovery();
    });
  });
});
