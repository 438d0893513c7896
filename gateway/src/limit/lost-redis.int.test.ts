import { setTimeout as wait } from 'node:timers/promises';
import { startLoad } from '@plinth/testing';
import { redis } from '@plinth/testing/systems/redis';
import type { ServerProcess } from '@plinth/testing/systems/server-process';
import { startOwn } from '@plinth/testing/systems/system';
import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import {
  callerHeaders,
  LIMITS,
  PLATFORM_HEADERS,
  type SimpleAnswer,
  send,
  startGateway,
  startUpstream,
} from '../test-gateway.ts';

// Redis taken away under two gateways that share their limits through it, while both are being asked.

interface Loss {
  lose(server: ServerProcess, client: Redis): Promise<unknown>;
  giveBack(server: ServerProcess, client: Redis): Promise<unknown>;
}

const LOSSES: Record<string, Loss> = {
  'is stopped': { lose: (server) => server.end('SIGTERM'), giveBack: (server) => server.start() },
  'is killed': { lose: (server) => server.end('SIGKILL'), giveBack: (server) => server.start() },
  'stands still': { lose: (server) => server.pause(), giveBack: (server) => server.resume() },
  'keeps its clients waiting': {
    lose: (_, client) => client.call('CLIENT', 'PAUSE', '3000', 'ALL'),
    // Answered when the pause is over; to end it sooner would have to wait as well.
    giveBack: (_, client) => client.ping(),
  },
  'has become a replica that refuses writes': {
    lose: (_, client) => client.replicaof('127.0.0.1', '1'),
    giveBack: (_, client) => client.replicaof('NO', 'ONE'),
  },
};

const AUTH_QUOTA = 1_000;
const QUOTA = LIMITS[0]?.quota ?? 0;
const LOST_FOR_MS = 1_500;

const quotaOf = ({ headers }: SimpleAnswer): number =>
  Number(/q=(\d+)/.exec(String(headers['ratelimit-policy']))?.[1]);

// biome-ignore lint/style/noProcessEnv: the test run says here whether real systems may be started.
describe.runIf(process.env.PLINTH_TEST_REAL === '1').concurrent('while Redis', () => {
  it.each(Object.entries(LOSSES))('%s, callers notice nothing but smaller limits', async (_, loss) => {
    const own = await startOwn(redis);
    const redisUrl = own.env.PLINTH_TEST_REDIS_URL ?? '';
    const admin = new Redis(redisUrl);
    admin.on('error', () => {});
    const upstream = await startUpstream();
    const open = () =>
      startGateway({
        services: { identity: upstream.url, tenancy: upstream.url },
        addressLimits: { auth: AUTH_QUOTA, refusals: 1_000 },
        redisUrl,
        replicas: 2,
      });
    const gateways = [await open(), await open()];
    const gaugeOf = async (gateway: (typeof gateways)[number]) =>
      /plinth_gateway_ratelimit_degraded\{[^}]*\} 1/.test(await gateway.metrics());
    const untilAll = (degraded: boolean) =>
      vi.waitFor(async () => expect(await Promise.all(gateways.map(gaugeOf))).toEqual([degraded, degraded]), {
        timeout: 60_000,
        interval: 50,
      });
    await untilAll(false);

    const load = startLoad<SimpleAnswer>(
      Object.fromEntries(
        gateways.flatMap(({ url }, i) => [
          [
            `call ${i}`,
            { perSecond: 15, send: () => send(`${url}/v1/tenants`, { headers: callerHeaders() }) },
          ],
          [
            `sign-in ${i}`,
            {
              perSecond: 5,
              send: () =>
                send(`${url}/v1/auth/token`, { method: 'POST', headers: PLATFORM_HEADERS, body: '{}' }),
            },
          ],
        ]),
      ),
    );
    await wait(1_000);
    const lostAt = Date.now();
    await loss.lose(own, admin);
    await untilAll(true);
    const noticedAt = Date.now();
    await wait(LOST_FOR_MS);
    const givenBackAt = Date.now();
    await loss.giveBack(own, admin);
    await untilAll(false);
    const sharedAgainAt = Date.now();
    await wait(1_000);
    const history = await load.stop();

    expect(history.filter(({ outcome }) => outcome?.status !== 200)).toEqual([]);
    expect(Math.max(...history.map(({ tookMs }) => tookMs)) - load.stallMs()).toBeLessThan(5_000);
    const answersOf = (kind: string, from: number, to = Number.POSITIVE_INFINITY) =>
      history.flatMap((one) =>
        one.kind.startsWith(kind) && one.at > from && one.at < to && one.outcome ? [one.outcome] : [],
      );
    const during = (kind: string) => answersOf(kind, noticedAt, givenBackAt);
    const seen = (answers: SimpleAnswer[]) =>
      new Set(answers.map((answer) => `${quotaOf(answer)} ${answer.headers['x-degraded'] ?? 'shared'}`));
    expect(seen(during('call'))).toEqual(new Set([`${QUOTA / 2} ratelimit-local`]));
    expect(seen(during('sign-in'))).toEqual(new Set([`${AUTH_QUOTA / 4} ratelimit-local`]));
    for (const [kind, quota] of [
      ['call', QUOTA],
      ['sign-in', AUTH_QUOTA],
    ] as const) {
      expect(seen(answersOf(kind, 0, lostAt))).toContain(`${quota} shared`);
      expect(seen(answersOf(kind, sharedAgainAt))).toContain(`${quota} shared`);
    }
    for (const gateway of gateways) {
      const told = gateway.log().filter(({ msg }) => String(msg).startsWith('Redis does not answer'));
      // Once for each time that it is lost, which a busy machine adds to; not for each of the requests.
      expect(told.length).toBeGreaterThan(0);
      expect(told.length).toBeLessThan(10);
    }

    admin.disconnect();
    await Promise.all([...gateways.map((gateway) => gateway.close()), upstream.close()]);
    await own.stop();
  });
});
