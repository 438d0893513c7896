import type { Log, RateLimit } from '@plinth/contracts';
import { type Breaker, createBreaker } from './breaker.ts';
import type { Decision } from './decision.ts';
import { createLocalLimits } from './local.ts';
import { createRedisLimits, type News, type RedisLimits } from './redis.ts';

// One question per request: may this call go through under all its limits? Redis answers for every gateway together. When it
// does not answer within 50 ms, this gateway's share of each limit, counted here, stands in: never an error, never no limit.
// Where strangers may guess, it is half of that share.

/** In a row, before Redis is left alone for a while. */
export const MAX_FAILURES = 5;
const PAUSE_MS = 5_000;
const ANSWER_WITHIN_MS = 50;

export interface LimiterOptions {
  /** Without one, this process alone counts. */
  redisUrl?: string | undefined;
  /** How long it may take to answer. */
  redisWithinMs?: number | undefined;
  /** How many gateways share the limits when each counts alone. */
  replicas?: number | undefined;
  log?: Log | undefined;
  /** Who wants to know what Redis says of revocations in passing. */
  news?: News | undefined;
  /** Milliseconds since the epoch. */
  now?: (() => number) | undefined;
}

/** Milliseconds since the epoch by a clock that nobody sets: a pause ends when it is over, whatever the machine's date does. */
const steadyNow = (): number => performance.timeOrigin + performance.now();

/** `auth`: sign-in and whatever else a stranger may try again and again. */
export type LimitClass = 'caller' | 'auth';

/** Why this gateway counts alone though it should not. */
export const DEGRADATIONS = ['disconnected', 'no_answer'] as const;
export type Degradation = (typeof DEGRADATIONS)[number];

export interface Limiter {
  /** Takes `cost` from every limit, or from none if one of them has not enough left; at once where nobody else is asked. */
  take(limits: readonly RateLimit[], cost: number, limitClass?: LimitClass): Decision | Promise<Decision>;
  degradation(): Degradation | undefined;
  close(): void;
}

export function createLimiter({
  redisUrl,
  redisWithinMs = ANSWER_WITHIN_MS,
  replicas = 1,
  log,
  news,
  now = steadyNow,
}: LimiterOptions): Limiter {
  const local = createLocalLimits(now);
  const shareOf = (limits: readonly RateLimit[], sharers: number) =>
    limits.map((limit) => ({ ...limit, quota: Math.max(1, Math.floor(limit.quota / sharers)) }));
  const takeShare = (limits: readonly RateLimit[], cost: number, sharers: number, degraded: boolean) =>
    local.take(sharers === 1 ? limits : shareOf(limits, sharers), cost, degraded);

  if (redisUrl === undefined) {
    return {
      take: (limits, cost) => takeShare(limits, cost, replicas, false),
      degradation: () => undefined,
      close() {},
    };
  }
  const breaker = createBreaker({
    now,
    maxFailures: MAX_FAILURES,
    pauseMs: PAUSE_MS,
    togetherMs: redisWithinMs,
  });
  const standIn: StandIn = (limits, cost, limitClass) =>
    takeShare(limits, cost, limitClass === 'auth' ? replicas * 2 : replicas, true);
  return createSharedLimiter(createRedisLimits(redisUrl, redisWithinMs, news), breaker, standIn, log);
}

type StandIn = (limits: readonly RateLimit[], cost: number, limitClass: LimitClass) => Decision;

function createSharedLimiter(
  redis: RedisLimits,
  breaker: Breaker,
  standIn: StandIn,
  log: Log | undefined,
): Limiter {
  let isAlone = false;

  function shared(): void {
    breaker.succeeded();
    if (isAlone) log?.info({}, 'rate limits are shared again');
    isAlone = false;
  }

  function alone(error?: unknown): void {
    if (!isAlone) log?.warn({ err: error }, 'Redis does not answer: this gateway limits on its own');
    isAlone = true;
  }

  function failed(error: unknown): void {
    breaker.failed();
    if (!breaker.isOpen) return;
    alone(error);
    if (redis.isConnected()) redis.reconnect();
  }

  return {
    async take(limits, cost, limitClass = 'caller') {
      const settling = redis.settled();
      if (settling) await settling;
      // Nothing to try, so nothing to spare either: the first call after it has come back is shared again.
      if (!redis.isConnected()) {
        alone();
        return standIn(limits, cost, limitClass);
      }
      if (!breaker.mayTry()) return standIn(limits, cost, limitClass);
      try {
        const decision = await redis.take(limits, cost);
        shared();
        return decision;
      } catch (error) {
        failed(error);
        return standIn(limits, cost, limitClass);
      }
    },
    degradation() {
      if (!redis.isConnected()) return 'disconnected';
      return breaker.isOpen ? 'no_answer' : undefined;
    },
    close: () => redis.close(),
  };
}
