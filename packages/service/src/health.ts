import { createServer, type Server } from 'node:http';
import type { Metrics } from './metrics.ts';

// Liveness, readiness and metrics live on a port of their own, which the gateway does not proxy.

export interface HealthCheck {
  name: string;
  /** What stands behind it: an embedded default or the real system. */
  backend: string;
  check: () => Promise<void>;
  /** Shown when it is down, but the service still does its work: it stays ready. */
  optional?: boolean | undefined;
}

export interface CheckResult {
  status: 'ok' | 'down';
  backend: string;
}

export interface Readiness {
  status: 'ok' | 'degraded' | 'down' | 'stopping';
  service: string;
  checks: Record<string, CheckResult>;
}

const CHECK_TIMEOUT_MS = 2_000;

async function runCheck({ check, backend }: HealthCheck): Promise<CheckResult> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error('no answer')), CHECK_TIMEOUT_MS);
  try {
    await Promise.race([check(), timeout.promise]);
    return { status: 'ok', backend };
  } catch {
    return { status: 'down', backend };
  } finally {
    clearTimeout(timer);
  }
}

export interface HealthOptions {
  service: string;
  checks: readonly HealthCheck[];
  metrics: Metrics;
}

export interface Health {
  server: Server;
  /** From now on not ready: who routes here looks elsewhere. */
  stopping(): void;
}

export function createHealth({ service, checks, metrics }: HealthOptions): Health {
  let isStopping = false;

  async function readiness(): Promise<Readiness> {
    const results = await Promise.all(
      checks.map(async (check) => ({ ...check, result: await runCheck(check) })),
    );
    const down = results.filter(({ result }) => result.status === 'down');
    const status = down.length === 0 ? 'ok' : down.every(({ optional }) => optional) ? 'degraded' : 'down';
    return {
      status: isStopping ? 'stopping' : status,
      service,
      checks: Object.fromEntries(results.map(({ name, result }) => [name, result])),
    };
  }

  const server = createServer(async (request, response) => {
    const answer = (status: number, body: string, type = 'application/json') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    switch (request.url) {
      case '/health/live':
        return answer(200, '{"status":"ok"}');
      case '/health/ready': {
        const state = await readiness();
        const isReady = state.status === 'ok' || state.status === 'degraded';
        return answer(isReady ? 200 : 503, JSON.stringify(state));
      }
      case '/metrics':
        return answer(200, await metrics.registry.metrics(), metrics.registry.contentType);
      default:
        return answer(404, '{"error":"only /health/live, /health/ready and /metrics are here"}');
    }
  });
  return {
    server,
    stopping: () => {
      isStopping = true;
    },
  };
}
