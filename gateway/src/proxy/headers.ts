import { API_KEY_PATTERN, HEADERS, INTERNAL_HEADER_PREFIX } from '@plinth/contracts';
import { oneHeader } from '@plinth/service';
import type { Admission } from '../admit.ts';
import type { Exchange } from '../exchange.ts';

// What crosses the gateway in either direction, for both carriers. Hop-by-hop headers end here, and so does everything
// that a stranger could say in our name.

const HOP_BY_HOP = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authenticate',
  'proxy-authorization',
]);

/** Said anew to the service, or none of its business. */
const REPLACED = new Set([
  'host',
  'expect',
  'forwarded',
  'x-real-ip',
  HEADERS.correlationId,
  HEADERS.apiVersion,
  HEADERS.idempotencyReplayed,
  'traceparent',
  'tracestate',
]);

/** A service trusts the passport alone. Only the token routes are told what the caller sent, and not even they see a key. */
const CREDENTIALS = new Set(['authorization', 'x-api-key', 'cookie']);

const NONE: ReadonlySet<string> = new Set();

/** The headers that `Connection` declares to be of this hop only. */
function connectionTokens(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined) return NONE;
  const lower = connection.toLowerCase();
  if (lower === 'keep-alive' || lower === 'close') return NONE;
  return new Set(lower.split(',').map((token) => token.trim()));
}

export interface PublicAddress {
  protocol: string;
  host: string;
}

export function upstreamHeaders(exchange: Exchange, admission: Admission, at: PublicAddress): string[] {
  const { rawHeaders, headers } = exchange.request;
  const thisHop = connectionTokens(headers.connection);
  const withCredentials = admission.route.credential === 'own';
  const out: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const dropped =
      HOP_BY_HOP.has(name) ||
      REPLACED.has(name) ||
      name.startsWith(INTERNAL_HEADER_PREFIX) ||
      name.startsWith('x-forwarded-') ||
      thisHop.has(name) ||
      (CREDENTIALS.has(name) && (!withCredentials || API_KEY_PATTERN.test(value)));
    if (!dropped) out.push(name, value);
  }
  out.push(
    HEADERS.passport,
    admission.granted.passport,
    HEADERS.correlationId,
    exchange.correlationId,
    HEADERS.apiVersion,
    exchange.apiVersion,
    'traceparent',
    exchange.traceparent,
    'x-forwarded-for',
    exchange.clientAddress,
    'x-forwarded-proto',
    at.protocol,
    'x-forwarded-host',
    at.host,
  );
  if (admission.rates !== undefined) out.push(HEADERS.rates, admission.rates);
  if (exchange.tracestate !== undefined) out.push('tracestate', exchange.tracestate);
  return out;
}

/** Lists, to which both have something to add. */
const ADDING_UP = new Set(['vary', 'link']);

const END = new Set([...ADDING_UP, 'deprecation', 'sunset']);

/** An operation may be gone before the version is: callers hear of what comes first. */
const endsBefore = (theirs: string | undefined, ours: string | undefined): boolean =>
  theirs !== undefined && ours !== undefined && Date.parse(theirs) < Date.parse(ours);

/** By names in lower case; several values where a header came several times. */
export type AnsweredHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a service answered, and what every answer carries: ours wins where both speak, but lists add up. */
export function answerHeaders(exchange: Exchange, upstream: AnsweredHeaders): string[] {
  const ours = exchange.answerHeaders;
  const thisHop = connectionTokens(oneHeader(upstream.connection));
  const kept = endsBefore(oneHeader(upstream.sunset), ours.sunset) ? END : ADDING_UP;
  const out: string[] = [];
  for (const name in upstream) {
    const dropped =
      HOP_BY_HOP.has(name) ||
      thisHop.has(name) ||
      name.startsWith(INTERNAL_HEADER_PREFIX) ||
      name.startsWith('access-control-') ||
      (!kept.has(name) && ours[name] !== undefined);
    if (dropped) continue;
    const value = upstream[name];
    if (typeof value === 'string') out.push(name, value);
    else for (const item of value ?? []) out.push(name, item);
  }
  for (const name in ours) {
    if (kept !== END || ADDING_UP.has(name) || !END.has(name)) out.push(name, ours[name] ?? '');
  }
  return out;
}

/** For carriers that take headers by name. */
export function headersByName(flat: readonly string[]): Record<string, string | string[]> {
  const byName: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? '';
    const value = flat[i + 1] ?? '';
    const before = byName[name];
    byName[name] =
      before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return byName;
}
