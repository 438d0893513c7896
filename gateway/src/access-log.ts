import type { Exchange } from './exchange.ts';
import type { LineBuffer } from './line-buffer.ts';
import { traceIdOf } from './trace.ts';

// One line per request, when its answer has ended, in the form of the other log lines but written by hand: the logger's
// redaction costs more than the line. So nothing secret may come near it: no query, no long path segment, no header
// but the user agent.

export interface AccessLog {
  write(exchange: Exchange, status: number, whole: boolean): void;
}

const INFO = 30;
const ERROR = 50;
/** Room for every id of ours; the handle of a sign-in under way is longer. */
const LONGEST_SEGMENT = 40;

export function createAccessLog(output: LineBuffer): AccessLog {
  return {
    write(exchange, status, whole) {
      const { request, route, principal, exit } = exchange;
      const line = JSON.stringify({
        level: status >= 500 ? ERROR : INFO,
        time: Date.now(),
        service: 'gateway',
        method: exchange.method,
        path: loggedPath(exchange.path),
        status,
        durationMs: Math.round((performance.now() - exchange.startedAt) * 10) / 10,
        correlationId: exchange.correlationId,
        traceId: traceIdOf(exchange.traceparent),
        apiVersion: exchange.apiVersion,
        address: exchange.clientAddress,
        userAgent: request.headers['user-agent']?.slice(0, 200),
        route: route?.prefix,
        upstream: route?.service,
        principal,
        exit,
        ...(!whole && { cut: true }),
        msg: 'request',
      });
      output.write(`${line}\n`);
    },
  };
}

export function loggedPath(path: string): string {
  if (path.length <= LONGEST_SEGMENT) return path;
  return path
    .slice(0, 1_024)
    .split('/')
    .map((segment) => (segment.length > LONGEST_SEGMENT ? `${segment.slice(0, 8)}…` : segment))
    .join('/');
}
