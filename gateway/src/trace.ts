import { randomBytes } from 'node:crypto';
import type { RequestSpan, Tracing } from '@plinth/service';

// One span a request, and the parent of all that happens behind the edge. A stranger's trace is pointed to and not
// continued: its ids may collide and its sampling flag would spend our money. A trusted proxy's is.

export interface ExchangeTrace {
  span: RequestSpan;
  /** What the next hop is told, also where nothing is recorded. */
  traceparent: string;
  tracestate: string | undefined;
}

const MAX_TRACESTATE = 512;

interface Given {
  method: string;
  traceparent: string | undefined;
  tracestate: string | undefined;
}

export function openTrace(tracing: Tracing, request: Given, peerIsTrusted: boolean): ExchangeTrace {
  const { method, traceparent: given, tracestate: state } = request;
  if (!peerIsTrusted) {
    const span = tracing.start(method, undefined, given);
    return { span, traceparent: span.traceparent ?? newTraceparent(), tracestate: undefined };
  }
  const span = tracing.start(method, given);
  const traceparent = span.traceparent ?? newTraceparent();
  const continues = given !== undefined && traceIdOf(given) === traceIdOf(traceparent);
  const tracestate = continues && state !== undefined && state.length <= MAX_TRACESTATE ? state : undefined;
  return { span, traceparent, tracestate };
}

interface Ended {
  span: RequestSpan;
  method: string;
  route: { prefix: string } | undefined;
  exit: string | undefined;
}

export function endTrace({ span, method, route, exit }: Ended, status: number): void {
  const prefix = route?.prefix;
  span.end({
    name: prefix === undefined ? method : `${method} ${prefix}`,
    status,
    attributes: {
      'http.request.method': method,
      ...(prefix !== undefined && { 'http.route': prefix }),
      ...(exit !== undefined && { 'error.type': exit }),
    },
  });
}

export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);

const TRACE_CHARS = 32;
const IDS_CHARS = 48;
const IDS_AT_ONCE = 128;
let ids = '';
let used = 0;

/** Random bytes are cheap by the thousand and dear by the two dozen. */
function newTraceparent(): string {
  if (used === ids.length) {
    ids = randomBytes((IDS_AT_ONCE * IDS_CHARS) / 2).toString('hex');
    used = 0;
  }
  const trace = ids.slice(used, used + TRACE_CHARS);
  const span = ids.slice(used + TRACE_CHARS, used + IDS_CHARS);
  used += IDS_CHARS;
  return `00-${trace}-${span}-01`;
}
