import type { IncomingMessage } from 'node:http';
import {
  type AppError,
  type Deprecations,
  type Dialect,
  dialectOf,
  type ErrorCode,
  HEADERS,
} from '@plinth/contracts';
import { oneHeader, type Tracing } from '@plinth/service';
import { correlationIdOf } from './correlation.ts';
import type { Route } from './routes.ts';
import { type ExchangeTrace, openTrace } from './trace.ts';
import { plainAddress, type TrustedProxies } from './trusted-proxies.ts';
import { versionOf } from './version.ts';

/** One request at the public edge, as the policy, the carriers and the log see it. Its body is never looked at. */
export interface Exchange extends Readonly<ExchangeTrace> {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly path: string;
  /** The query with its question mark, or nothing. */
  readonly search: string;
  readonly dialect: Dialect;
  readonly correlationId: string;
  readonly apiVersion: string;
  /** Why its version is served no more, if it is not. */
  readonly retired: AppError | undefined;
  readonly clientAddress: string;
  readonly startedAt: number;
  /** What every answer to this request carries. The policy adds to it as the request passes. */
  readonly answerHeaders: Record<string, string>;
  route: Route | undefined;
  /** Who calls, once that is known: for the log. */
  principal: string | undefined;
  /** The code of the error that ended the request here, if one did. */
  exit: ErrorCode | undefined;
}

/** Never throws: also the refusal of a malformed request is answered under its ids. */
export function openExchange(
  request: IncomingMessage,
  {
    proxies,
    tracing,
    deprecations,
  }: { proxies: TrustedProxies; tracing: Tracing; deprecations: Deprecations },
): Exchange {
  const { headers, url = '/', method = 'GET' } = request;
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  const traceparent = oneHeader(headers.traceparent);
  const tracestate = oneHeader(headers.tracestate);
  const correlationId = correlationIdOf(oneHeader(headers[HEADERS.correlationId]));
  const dialect = dialectOf(path);
  const version = versionOf(oneHeader(headers[HEADERS.apiVersion]), dialect, deprecations);
  const { apiVersion, retired } = version;
  return {
    request,
    method,
    path,
    search: mark === -1 ? '' : url.slice(mark),
    dialect,
    correlationId,
    apiVersion,
    retired,
    ...openTrace(tracing, { method, traceparent, tracestate }, proxies.has(peer)),
    clientAddress: proxies.clientOf(peer, oneHeader(headers['x-forwarded-for'])),
    startedAt: performance.now(),
    answerHeaders: {
      [HEADERS.correlationId]: correlationId,
      [HEADERS.apiVersion]: apiVersion,
      vary: 'X-API-Version',
      ...version.endHeaders,
    },
    route: undefined,
    principal: undefined,
    exit: undefined,
  };
}
