import { setTimeout as sleep } from 'node:timers/promises';
import { answersOk } from '@plinth/local';
import { Pool } from 'undici';
import type { FleetProcess } from './fleet-process.ts';

// So many requests every second, whatever became of the ones before, over all gateways that say they are ready: what a
// load balancer in front of them does. Nothing is sent again: whatever fails has failed somebody.

const TICK_MS = 10;
const ASK_READY_MS = 250;
const FAILURES_KEPT = 20;

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
  failed: number;
  /** The first failures, in words. */
  failures: readonly string[];
  /** Requests a second, over the whole time. */
  rate: number;
  seconds: number;
  /** Milliseconds from when a request was due to the end of its answer. */
  p50: number;
  p99: number;
  slowest: number;
}

export interface Load {
  /** Sends no more, and comes back when all that was sent is answered. */
  stop(): Promise<LoadResult>;
}

export interface LoadOptions {
  gateways: readonly FleetProcess[];
  perSecond: number;
  /** The request of that number, from 0. */
  request: (number: number) => LoadRequest;
}

export function startLoad({ gateways, perSecond, request }: LoadOptions): Load {
  const doors = gateways.map(({ name, url, internalUrl }) => ({
    name,
    pool: new Pool(url, { connections: 256, headersTimeout: 30_000 }),
    readyUrl: `${internalUrl}/health/ready`,
    isReady: true,
  }));
  const stopped = new AbortController();
  const underWay = new Set<Promise<void>>();
  const times: number[] = [];
  const failures: string[] = [];
  const began = performance.now();
  let failed = 0;
  let sent = 0;

  function fail(what: string): void {
    failed++;
    if (failures.length < FAILURES_KEPT) failures.push(what);
  }

  async function send(number: number, due: number): Promise<void> {
    const ready = doors.filter(({ isReady }) => isReady);
    const door = ready[number % ready.length];
    if (!door) return fail(`request ${number}: no gateway is ready`);
    const { expected, ...outgoing } = request(number);
    const what = `${outgoing.method} ${outgoing.path} by ${door.name} at ${((due - began) / 1_000).toFixed(2)} s`;
    try {
      const answer = await door.pool.request(outgoing);
      const text = await answer.body.text();
      if (answer.statusCode !== expected) fail(`${what}: ${answer.statusCode} ${text.slice(0, 300)}`);
    } catch (error) {
      fail(`${what}: ${error}`);
    }
    times.push(performance.now() - due);
  }

  async function keepSending(): Promise<void> {
    while (!stopped.signal.aborted) {
      const now = performance.now();
      for (; sent < ((now - began) * perSecond) / 1_000; sent++) {
        const sending = send(sent, began + (sent * 1_000) / perSecond);
        underWay.add(sending);
        void sending.finally(() => underWay.delete(sending));
      }
      await sleep(TICK_MS);
    }
  }

  async function keepAsking(door: (typeof doors)[number]): Promise<void> {
    while (!stopped.signal.aborted) {
      door.isReady = await answersOk(door.readyUrl);
      await sleep(ASK_READY_MS);
    }
  }

  const running = [keepSending(), ...doors.map(keepAsking)];
  return {
    async stop() {
      const seconds = (performance.now() - began) / 1_000;
      stopped.abort();
      await Promise.all(running);
      await Promise.all(underWay);
      await Promise.all(doors.map(({ pool }) => pool.close()));
      const sorted = times.sort((a, b) => a - b);
      const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
      return {
        sent,
        failed,
        failures,
        rate: sent / seconds,
        seconds,
        p50: at(0.5),
        p99: at(0.99),
        slowest: at(1),
      };
    },
  };
}
