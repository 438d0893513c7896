import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limiterContract } from './limiter.contract.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { openTestLink, type TestLink } from './test-link.ts';

// biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Redis.
const redisUrl = process.env.PLINTH_TEST_REDIS_URL;

const ready = async (limiter: Limiter): Promise<Limiter> => {
  await vi.waitFor(() => expect(limiter.degradation()).toBeUndefined());
  return limiter;
};
const limits = (quota: number) => [{ policy: 'principal', key: randomUUID(), quota, windowSeconds: 3_600 }];

limiterContract('its own memory', async () => createLimiter({}));

it('without Redis, counts its share of the gateways', async () => {
  const limiter = createLimiter({ replicas: 3 });
  expect((await limiter.take(limits(10), 1)).policies[0]).toMatchObject({ quota: 3, remaining: 2 });
  expect((await limiter.take(limits(1), 1)).policies[0]).toMatchObject({ quota: 1, remaining: 0 });
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

  limiterContract('Redis', () => ready(createLimiter({ redisUrl: url })));

  it('many gateways share one limit', async () => {
    const gateways = await Promise.all([1, 2, 3].map(() => ready(createLimiter({ redisUrl: url }))));
    const shared = limits(100);
    const calls = gateways.flatMap((gateway) => Array.from({ length: 60 }, () => gateway.take(shared, 1)));
    expect((await Promise.all(calls)).filter(({ allowed }) => allowed)).toHaveLength(100);
    for (const gateway of gateways) gateway.close();
  });

  it('leaves nothing behind once a debt is paid', async () => {
    const limiter = await ready(createLimiter({ redisUrl: url }));
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
    const limiter = await ready(createLimiter({ redisUrl: url }));
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
      const started = Date.now();
      const decisions = [];
      for (let i = 0; i < 12; i++) decisions.push(await limiter.take(shared, 1));
      // Five waits of 50 ms open the breaker; without a timeout they would not end.
      expect(Date.now() - started).toBeLessThan(2_000);
      expect(decisions.every(({ degraded }) => degraded)).toBe(true);
      expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(5);
      expect(limiter.degradation()).toBeDefined();
      link.thaw();
      await expectRecovery();
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
