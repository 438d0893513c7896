import type { Log, RateLimit } from '@plinth/contracts';
import { createBreaker } from './breaker.ts';
import type { Decision } from './decision.ts';
import { createLocalLimits } from './local.ts';
import { createRedisLimits, type RedisLimits } from './redis.ts';

// One question per request: may this call go through under all its limits? Redis answers for every gateway together. When it
// does not answer within 50 ms, this gateway's share of each limit, counted here, stands in: never an error, never no limit.

const MAX_FAILURES = 5;
const PAUSE_MS = 5_000;

export interface LimiterOptions {
  /** Without one, this process alone counts. */
  redisUrl?: string | undefined;
  /** How many gateways share the limits when each counts alone. */
  replicas?: number | undefined;
  log?: Log | undefined;
  /** Milliseconds since the epoch. */
  now?: (() => number) | undefined;
}

export interface Limiter {
  /** Takes `cost` from every limit, or from none if one of them has not enough left. */
  take(limits: readonly RateLimit[], cost: number): Promise<Decision>;
  state(): 'ok' | 'degraded';
  close(): void;
}

export function createLimiter({ redisUrl, replicas = 1, log, now = Date.now }: LimiterOptions): Limiter {
  const local = createLocalLimits(now);
  const share = (limit: RateLimit): RateLimit => ({
    ...limit,
    quota: Math.max(1, Math.floor(limit.quota / replicas)),
  });
  const takeLocally = (limits: readonly RateLimit[], cost: number, degraded: boolean): Decision => ({
    ...local.take(limits.map(share), cost),
    degraded,
  });

  if (redisUrl === undefined) {
    return { take: async (limits, cost) => takeLocally(limits, cost, false), state: () => 'ok', close() {} };
  }
  return createSharedLimiter(createRedisLimits(redisUrl), takeLocally, log, now);
}

function createSharedLimiter(
  redis: RedisLimits,
  takeLocally: (limits: readonly RateLimit[], cost: number, degraded: boolean) => Decision,
  log: Log | undefined,
  now: () => number,
): Limiter {
  const breaker = createBreaker(now, MAX_FAILURES, PAUSE_MS);

  function succeeded(): void {
    if (breaker.isOpen) log?.info({}, 'rate limits are shared again');
    breaker.succeeded();
  }

  function failed(error: unknown): void {
    const wasOpen = breaker.isOpen;
    breaker.failed();
    if (!breaker.isOpen) return;
    if (!wasOpen) log?.warn({ err: error }, 'Redis does not answer: this gateway limits on its own');
    if (redis.isConnected()) redis.reconnect();
  }

  return {
    async take(limits, cost) {
      if (!breaker.mayTry()) return takeLocally(limits, cost, true);
      try {
        const decision = await redis.take(limits, cost);
        succeeded();
        return { ...decision, degraded: false };
      } catch (error) {
        failed(error);
        return takeLocally(limits, cost, true);
      }
    },
    state: () => (breaker.isOpen || !redis.isConnected() ? 'degraded' : 'ok'),
    close: () => redis.close(),
  };
}
