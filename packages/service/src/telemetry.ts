import {
  type Attributes,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

// One span a request and process. Without an endpoint nothing is recorded and the caller's traceparent passes through,
// so that a trace is whole even where one process of several does not export.

export interface RequestSpan {
  /** What to send on to the next hop. */
  traceparent: string | undefined;
  end(facts: { name: string; status: number; attributes: Attributes }): void;
}

export interface Tracing {
  /** `linked`: a trace that is pointed to and not continued, as one that a stranger brings. */
  start(name: string, traceparent: string | undefined, linked?: string): RequestSpan;
  close(): Promise<void>;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A collector that does not answer must not hold up the end of a process. */
const EXPORT_TIMEOUT_MS = 3_000;

const passThrough: Tracing = {
  start: (_name, given) => ({
    traceparent: given !== undefined && TRACEPARENT.test(given) ? given : undefined,
    end: () => undefined,
  }),
  close: async () => undefined,
};

function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return { traceId, spanId, traceFlags, isRemote: true };
}

export function createTracing(service: string, endpoint: string | undefined): Tracing {
  if (!endpoint) return passThrough;
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `plinth-${service}` }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('plinth');

  return {
    start(name, traceparent, linked) {
      const given = spanContextOf(traceparent);
      const parent = given ? trace.setSpanContext(ROOT_CONTEXT, given) : ROOT_CONTEXT;
      const context = spanContextOf(linked);
      const links = context ? [{ context }] : [];
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, links }, parent);
      const own = span.spanContext();
      return {
        traceparent: `00-${own.traceId}-${own.spanId}-0${own.traceFlags}`,
        end({ name: finalName, status, attributes }) {
          span.updateName(finalName);
          span.setAttributes({ ...attributes, 'http.response.status_code': status });
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    // What the collector would not take is lost; the process ends well all the same.
    close: () => provider.shutdown().catch(() => undefined),
  };
}
