import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import {
  AppError,
  CORRELATION_ID_PATTERN,
  fromRatesHeader,
  HEADERS,
  NEWEST_VERSION,
  type Patience,
  parseIdempotencyKey,
  resolveVersion,
  type ServiceName,
  waitSecondsOf,
} from '@plinth/contracts';
import type { PassportVerifier, ServiceTokenVerifier } from '@plinth/passport';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestFacts } from './call.ts';
import { sendError } from './rest/send-error.ts';
import { toAppError } from './errors.ts';
import type { RequestSpan, Tracing } from './telemetry.ts';

declare module 'fastify' {
  interface FastifyRequest {
    facts: RequestFacts;
    span: RequestSpan;
  }
  interface FastifyContextConfig {
    operation?: string;
    form?: boolean;
    /** Served to anyone who reaches the port: the service's own document. */
    open?: boolean;
  }
}

export interface CredentialOptions {
  passports: PassportVerifier;
  serviceTokens: ServiceTokenVerifier;
  tracing: Tracing;
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Fastify's id of a request is its correlation id. */
export function correlationIdOf({ headers }: { headers: IncomingHttpHeaders }): string {
  const given = headers[HEADERS.correlationId];
  return typeof given === 'string' && CORRELATION_ID_PATTERN.test(given) ? given : randomUUID();
}

const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

/** What every log line of a request holds beside the correlation id. */
export function logBindingsOf({ headers }: { headers: IncomingHttpHeaders }): { traceId?: string } {
  const [, traceId] = TRACE_ID.exec(String(headers.traceparent ?? '')) ?? [];
  return traceId === undefined ? {} : { traceId };
}

function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const given = request.headers[HEADERS.idempotencyKey];
  if (given === undefined || request.method === 'GET' || request.method === 'HEAD') return undefined;
  const key = parseIdempotencyKey(String(given));
  if (!key) throw new AppError('IDEMPOTENCY_KEY_INVALID');
  return key;
}

/** Only a request with a key can have another one to wait for. */
function patienceOf(
  request: FastifyRequest,
  reply: FastifyReply,
  idempotencyKey: string | undefined,
  closing: AbortSignal,
): Patience | undefined {
  const seconds = idempotencyKey === undefined ? 0 : waitSecondsOf(header(request, 'prefer'));
  if (seconds === 0) return undefined;
  // Not the request's own signal, which is given as soon as its body has been read.
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return { seconds, signal: AbortSignal.any([gone.signal, closing]), wasNeeded: false };
}

function beginFacts(request: FastifyRequest, reply: FastifyReply, span: RequestSpan): RequestFacts {
  request.span = span;
  request.facts = {
    caller: undefined,
    service: undefined,
    correlationId: request.id,
    apiVersion: resolveVersion(header(request, HEADERS.apiVersion) ?? NEWEST_VERSION) ?? NEWEST_VERSION,
    traceparent: span.traceparent,
    clientAddress: header(request, 'x-forwarded-for')?.split(',')[0]?.trim(),
    userAgent: header(request, 'user-agent')?.slice(0, 512),
    idempotencyKey: undefined,
    rates: fromRatesHeader(header(request, HEADERS.rates)),
    log: request.log,
    replay: undefined,
  };
  reply.header(HEADERS.correlationId, request.id);
  return request.facts;
}

/** A URL that Fastify cannot even route passes no hook, so its answer begins and ends here. */
export function refuseUnroutable(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  beginFacts(request, reply, { traceparent: undefined, end: () => undefined });
  sendError(request, reply, toAppError(error));
}

/** Every request begins here: who calls (by passport alone), for which trace, under which id. */
export function registerRequestFacts(
  app: FastifyInstance,
  { passports, serviceTokens, tracing }: CredentialOptions,
) {
  app.decorateRequest('facts');
  app.decorateRequest('span');
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());

  app.addHook('onRequest', async (request, reply) => {
    const span = tracing.start(request.method, header(request, 'traceparent'));
    const facts = beginFacts(request, reply, span);
    if (request.routeOptions.config.open) return;
    try {
      const passport = header(request, HEADERS.passport);
      const token = header(request, HEADERS.serviceToken);
      const caller = passport === undefined ? undefined : await passports.verify(passport);
      const service: ServiceName | undefined =
        token === undefined ? undefined : await serviceTokens.verify(token, passport);
      if (!caller && !service) throw new AppError('UNAUTHENTICATED');
      const idempotencyKey = idempotencyKeyOf(request);
      const patience = patienceOf(request, reply, idempotencyKey, closing.signal);
      request.facts = { ...facts, caller, service, idempotencyKey, patience };
    } catch (thrown) {
      await sendError(request, reply, toAppError(thrown));
    }
  });
}
