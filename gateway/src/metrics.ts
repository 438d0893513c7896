import { createMetrics, type Metrics } from '@plinth/service';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Exchange } from './exchange.ts';
import { DEGRADATIONS, type Degradation } from './limit/limiter.ts';

export interface GatewayMetrics extends Metrics {
  answered(exchange: Exchange, status: number): void;
  /** A connection that ended before there was a request: broken framing, headers too slow or too large. */
  refused(reason: string): void;
  connections(count: () => Promise<number>): void;
  degradations(of: {
    keysStaleSeconds(): number;
    limiting(): Degradation | undefined;
    revocationsAgeSeconds(): number;
  }): void;
}

interface Tally {
  readonly upstream: string;
  readonly method: string;
  readonly status: number;
  count: number;
}

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createGatewayMetrics(): GatewayMetrics {
  const metrics = createMetrics('gateway');
  const registers = [metrics.registry];
  // Prom-client hashes the labels of every step, which costs more than all the rest of counting: it hears of the sums.
  const tallies = new Map<string, Tally>();
  new Counter({
    name: 'plinth_gateway_requests_total',
    help: 'Requests answered, by the service they were for',
    labelNames: ['upstream', 'method', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { upstream, method, status, count } of tallies.values())
        this.inc({ upstream, method, status }, count);
    },
  });
  const durations = new Histogram({
    name: 'plinth_gateway_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['upstream'],
    buckets: SECONDS,
    registers,
  });
  const exits = new Counter({
    name: 'plinth_gateway_exits_total',
    help: 'Requests that the gateway ended itself, by the error code',
    labelNames: ['reason'],
    registers,
  });

  function tallyOf(upstream: string, method: string, status: number): Tally {
    const key = `${upstream} ${method} ${status}`;
    let tally = tallies.get(key);
    if (!tally) {
      tally = { upstream, method, status, count: 0 };
      tallies.set(key, tally);
    }
    return tally;
  }

  return {
    ...metrics,
    answered(exchange, status) {
      const upstream = exchange.route?.service ?? 'none';
      tallyOf(upstream, exchange.method, status).count++;
      durations.observe({ upstream }, (performance.now() - exchange.startedAt) / 1_000);
      if (exchange.exit !== undefined) exits.labels(exchange.exit).inc();
    },
    refused: (reason) => exits.labels(reason).inc(),
    connections(count) {
      new Gauge({
        name: 'plinth_gateway_connections',
        help: 'Open client connections',
        registers,
        async collect() {
          this.set(await count());
        },
      });
    },
    degradations({ keysStaleSeconds, limiting, revocationsAgeSeconds }) {
      new Gauge({
        name: 'plinth_gateway_revocations_age_seconds',
        help: 'How long ago it was last confirmed that every revocation is known here',
        registers,
        collect() {
          this.set(revocationsAgeSeconds());
        },
      });
      new Gauge({
        name: 'plinth_gateway_jwks_stale_seconds',
        help: 'For how long the signing keys have been older than they should be',
        registers,
        collect() {
          this.set(keysStaleSeconds());
        },
      });
      new Gauge({
        name: 'plinth_gateway_ratelimit_degraded',
        help: '1 while this gateway limits on its own, by the reason',
        labelNames: ['reason'],
        registers,
        collect() {
          const now = limiting();
          for (const reason of DEGRADATIONS) this.labels(reason).set(reason === now ? 1 : 0);
        },
      });
    },
  };
}
