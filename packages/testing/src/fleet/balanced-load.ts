import { setTimeout as sleep } from 'node:timers/promises';
import { answersOk } from '@plinth/local';
import { Pool } from 'undici';
import { startLoad } from '../load.ts';
import type { FleetProcess } from './fleet-process.ts';

// A steady load over all gateways that say they are ready: what a load balancer in front of them does. Nothing is sent
// again: whatever fails has failed somebody.

const ASK_READY_MS = 250;

export interface LoadRequest {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** The only status that is not a failure. */
  expected: number;
}

export interface LoadResult {
  sent: number;
  /** Each in words. */
  failures: readonly string[];
  /** Requests a second, over the whole time. */
  rate: number;
  seconds: number;
  /** Milliseconds from sending to the end of the answer. */
  p50: number;
  p99: number;
  slowest: number;
}

export interface BalancedLoadOptions {
  gateways: readonly FleetProcess[];
  perSecond: number;
  /** The request of that number, from 0. */
  request: (number: number) => LoadRequest;
}

export function startBalancedLoad({ gateways, perSecond, request }: BalancedLoadOptions) {
  const doors = gateways.map(({ name, url, internalUrl }) => ({
    name,
    pool: new Pool(url, { connections: 256, headersTimeout: 30_000 }),
    readyUrl: `${internalUrl}/health/ready`,
    isReady: true,
  }));
  const stopped = new AbortController();
  const began = performance.now();

  /** What went wrong, if anything did. */
  async function send(number: number): Promise<string | undefined> {
    const ready = doors.filter(({ isReady }) => isReady);
    const door = ready[number % ready.length];
    if (!door) return `request ${number}: no gateway is ready`;
    const { expected, ...outgoing } = request(number);
    const at = ((performance.now() - began) / 1_000).toFixed(2);
    const what = `${outgoing.method} ${outgoing.path} by ${door.name} at ${at} s`;
    try {
      const answer = await door.pool.request(outgoing);
      const text = await answer.body.text();
      return answer.statusCode === expected
        ? undefined
        : `${what}: ${answer.statusCode} ${text.slice(0, 300)}`;
    } catch (error) {
      return `${what}: ${error}`;
    }
  }

  async function keepAsking(door: (typeof doors)[number]): Promise<void> {
    while (!stopped.signal.aborted) {
      door.isReady = await answersOk(door.readyUrl);
      await sleep(ASK_READY_MS);
    }
  }

  const load = startLoad({ requests: { perSecond, send } });
  const asking = doors.map(keepAsking);
  return {
    /** Sends no more, and comes back when all that was sent is answered. */
    async stop(): Promise<LoadResult> {
      const seconds = (performance.now() - began) / 1_000;
      const sent = await load.stop();
      stopped.abort();
      await Promise.all(asking);
      await Promise.all(doors.map(({ pool }) => pool.close()));
      const failures = sent.flatMap(({ outcome }) => outcome ?? []);
      const times = sent.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
      const at = (share: number) => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0);
      return {
        sent: sent.length,
        failures,
        rate: sent.length / seconds,
        seconds,
        p50: at(0.5),
        p99: at(0.99),
        slowest: at(1),
      };
    },
  };
}
