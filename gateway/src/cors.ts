import { HEADERS } from '@plinth/contracts';
import type { Exchange } from './exchange.ts';

// Browsers of the origins in the settings may call; nobody else's script gets to read an answer. Credentials travel in
// headers only, so cookies are never allowed across origins.

export interface Cors {
  /** Adds what lets the calling page read the answer. */
  allow(exchange: Exchange): void;
  preflightHeaders(exchange: Exchange): Record<string, string>;
}

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = [
  'authorization',
  'content-type',
  HEADERS.apiVersion,
  HEADERS.correlationId,
  HEADERS.idempotencyKey,
  HEADERS.organizationId,
  HEADERS.workspaceId,
  'x-api-key',
  'if-match',
  'if-none-match',
  'prefer',
  'range',
  'range-unit',
  'x-allow-full-table',
  'traceparent',
  'trpc-accept',
  // What Supabase's clients send of themselves.
  'x-client-info',
].join(', ');
const EXPOSED = [
  HEADERS.correlationId,
  HEADERS.apiVersion,
  HEADERS.idempotencyReplayed,
  HEADERS.idempotencyOriginalRequestId,
  HEADERS.idempotencyExpires,
  HEADERS.idempotencyBody,
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
  'x-degraded',
  'retry-after',
  'deprecation',
  'sunset',
  'link',
  'location',
  'etag',
  'content-range',
  'x-next-cursor',
  'x-rows-affected',
  'x-rows-inserted',
  'x-rows-unmatched',
  'content-disposition',
  'www-authenticate',
].join(', ');
const MAX_AGE_SECONDS = '600';

export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set(origins);
  const originOf = ({ request }: Exchange): string | undefined => {
    const { origin } = request.headers;
    return origin !== undefined && allowed.has(origin) ? origin : undefined;
  };

  return {
    allow(exchange) {
      if (allowed.size === 0) return;
      exchange.answerHeaders.vary = 'X-API-Version, Origin';
      const origin = originOf(exchange);
      if (origin === undefined) return;
      exchange.answerHeaders['access-control-allow-origin'] = origin;
      exchange.answerHeaders['access-control-expose-headers'] = EXPOSED;
    },
    preflightHeaders(exchange) {
      if (originOf(exchange) === undefined) return {};
      return {
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': REQUEST_HEADERS,
        'access-control-max-age': MAX_AGE_SECONDS,
      };
    },
  };
}

export function isPreflight({ method, request }: Exchange): boolean {
  const { headers } = request;
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}
