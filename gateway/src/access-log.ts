import type { LineBuffer } from '@plinth/service';
import type { Exchange } from './exchange.ts';
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
      const level = status >= 500 ? ERROR : INFO;
      const durationMs = Math.round((performance.now() - exchange.startedAt) * 10) / 10;
      const userAgent = request.headers['user-agent'];
      let line = `{"level":${level},"time":${Date.now()},"service":"gateway","method":${quoted(exchange.method)}`;
      line += `,"path":${quoted(loggedPath(exchange.path))},"status":${status},"durationMs":${durationMs}`;
      line += `,"correlationId":"${exchange.correlationId}","traceId":"${traceIdOf(exchange.traceparent)}"`;
      line += `,"apiVersion":"${exchange.apiVersion}","address":${quoted(exchange.clientAddress)}`;
      if (userAgent !== undefined) line += `,"userAgent":${quoted(userAgent.slice(0, 200))}`;
      if (route) line += `,"route":"${route.prefix}","upstream":"${route.service}"`;
      if (principal !== undefined) line += `,"principal":${quoted(principal)}`;
      if (exit !== undefined) line += `,"exit":"${exit}"`;
      if (!whole) line += ',"cut":true';
      output.write(`${line},"msg":"request"}\n`);
    },
  };
}

/** Most texts need no escape, and to see that costs less than to write them as JSON. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

export function loggedPath(path: string): string {
  if (path.length <= LONGEST_SEGMENT) return path;
  return path
    .slice(0, 1_024)
    .split('/')
    .map((segment) => (segment.length > LONGEST_SEGMENT ? `${segment.slice(0, 8)}…` : segment))
    .join('/');
}
