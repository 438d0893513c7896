import { hash } from 'node:crypto';
import { NEWEST_REVOCATION, REVOCATION_STREAM, type RateLimit, revocationSubject } from '@plinth/contracts';
import { REDIS_OPTIONS } from '@plinth/service';
import { Redis } from 'ioredis';
import { z } from 'zod';
import type { NumberedRevocation } from '../revocation/epochs.ts';
import { type Decision, decide } from './decision.ts';
import { MICROS_PER_SECOND } from './gcra.ts';
import { TAKE_SCRIPT } from './take.lua.ts';

/** How long the first requests of a process wait for its connection. */
const FIRST_CONNECTION_MS = 1_000;

const SCRIPT_DIGEST = hash('sha1', TAKE_SCRIPT);
const entrySchema = z.tuple([z.string(), z.array(z.string())]);
const answerSchema = z.tuple([z.array(z.number()), z.union([z.literal(0), z.array(entrySchema)])]);

/** Told with each answer what it says of revocations. */
export interface News {
  heard(revocations: readonly NumberedRevocation[]): void;
  /** There was nothing to hear that was not heard. */
  confirmed(): void;
}

export interface RedisLimits {
  /** Rejects in about the time that Redis was given when it does not answer. */
  take(limits: readonly RateLimit[], cost: number): Promise<Decision>;
  isConnected(): boolean;
  /** Resolves once the first try to connect has ended, or has taken too long. */
  settled(): Promise<void> | undefined;
  /** Drops a connection that may be dead without having said so. */
  reconnect(): void;
  close(): void;
}

const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);
const perSecond = ({ quota, windowSeconds }: RateLimit): number => quota / windowSeconds;

/** A script's keys must share a cluster slot: the widest limit of the call (the tenant's) gives the tag of them all. */
function keysOf(limits: readonly RateLimit[]): string[] {
  const widest = limits.reduce((a, b) => (perSecond(b) >= perSecond(a) ? b : a));
  const tag = digest(widest.key);
  return limits.map(({ policy, key }) => `plinth:limit:{${tag}}:${digest(`${policy}:${key}`)}`);
}

/** A timer that is late because this process was busy first lets it read what has arrived meanwhile. */
function inTime<Answer>(answer: Promise<Answer>, withinMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      setImmediate(() => reject(new Error('Redis did not answer in time')));
    }, withinMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Identity's entries; the one that it begins the stream with is about nobody. */
function revocationOf([, [, subject, , sequence]]: z.output<typeof entrySchema>): NumberedRevocation[] {
  const known = revocationSubject.safeParse(subject);
  return known.success ? [{ subject: known.data, sequence: Number(sequence) }] : [];
}

const BEFORE_ALL = '0-0';

export function createRedisLimits(url: string, withinMs: number, news?: News): RedisLimits {
  const client = new Redis(url, { ...REDIS_OPTIONS, enableReadyCheck: false });
  // Without a listener the first lost connection would end the process. Each take() reports its own failure.
  client.on('error', () => {});

  let settling: Promise<void> | undefined = new Promise((resolve) => {
    const settle = () => {
      settling = undefined;
      resolve();
    };
    for (const event of ['ready', 'close']) client.once(event, settle);
    setTimeout(settle, FIRST_CONNECTION_MS).unref();
  });

  let lastRead = BEFORE_ALL;

  /** Without the entry that was read last the stream is another one, or lost what came after: identity is asked as well. */
  function read(entries: z.output<typeof answerSchema>[1]): void {
    if (entries !== 0) {
      lastRead = entries.at(-1)?.[0] ?? BEFORE_ALL;
      if (lastRead === BEFORE_ALL) return;
      news?.heard(entries.flatMap(revocationOf));
    }
    news?.confirmed();
  }

  async function run(keys: string[], args: (number | string)[]): Promise<unknown> {
    try {
      return await client.evalsha(SCRIPT_DIGEST, keys.length, ...keys, ...args);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT'))
        return client.eval(TAKE_SCRIPT, keys.length, ...keys, ...args);
      throw error;
    }
  }

  return {
    async take(limits, cost) {
      if (limits.length === 0) return decide([], [], cost);
      const rates = limits.flatMap(({ quota, windowSeconds }) => [quota, windowSeconds * MICROS_PER_SECOND]);
      const answer = await inTime(
        run([...keysOf(limits), REVOCATION_STREAM, NEWEST_REVOCATION], [cost, ...rates, lastRead]),
        withinMs,
      );
      const [debts, revoked] = answerSchema.parse(answer);
      read(revoked);
      return decide(limits, debts, cost);
    },
    settled: () => settling,
    isConnected: () => client.status === 'ready',
    reconnect: () => client.disconnect(true),
    close: () => client.disconnect(),
  };
}
