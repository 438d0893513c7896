import { createServer, type Server } from 'node:http';
import type { Metrics } from './metrics.ts';

// Liveness, readiness and metrics live on a port of their own, which the gateway does not proxy.

export interface HealthCheck {
  name: string;
  /** What stands behind it: an embedded default or the real system. */
  backend: string;
  check: () => Promise<void>;
}

export interface CheckResult {
  status: 'ok' | 'down';
  backend: string;
}

export interface Readiness {
  status: 'ok' | 'down' | 'stopping';
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
      checks.map(async (check) => [check.name, await runCheck(check)] as const),
    );
    const isUp = results.every(([, { status }]) => status === 'ok');
    return {
      status: isStopping ? 'stopping' : isUp ? 'ok' : 'down',
      service,
      checks: Object.fromEntries(results),
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
        return answer(state.status === 'ok' ? 200 : 503, JSON.stringify(state));
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
