import {
  API_VERSIONS,
  AppError,
  type Call,
  isApiVersion,
  NEWEST_VERSION,
  type ServiceName,
} from '@plinth/contracts';
import type { PassportVerifier, ServiceTokenVerifier } from '@plinth/passport';
import type { AnyTRPCRouter } from '@trpc/server';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify';
import { registerBodyParsers } from './body-parsers.ts';
import { answerClientError } from './client-error.ts';
import { requestErrorOf } from './errors.ts';
import { registerDeparture } from './departure.ts';
import type { Metrics } from './metrics.ts';
import { createDocuments } from './openapi/document.ts';
import type { BaseContext } from './procedure.ts';
import { correlationIdOf, logBindingsOf, refuseUnroutable, registerRequestFacts } from './request-facts.ts';
import type { NativeHandler } from './rest/native.ts';
import { registerRest } from './rest/register.ts';
import { sendError } from './rest/send-error.ts';
import { createStreamedBodies } from './rest/streamed-bodies.ts';
import type { Tracing } from './telemetry.ts';
import { registerTrpc } from './trpc.ts';
import type { VersionChange } from './versions/version-change.ts';

/** The limits of every listener. */
const LIMITS = {
  bodyBytes: 1024 * 1024,
  headersTimeoutMs: 10_000,
  /** More than the gateway lets through, and room for what it adds: only one of the two refuses. */
  headerBytes: 96 * 1024,
  /** How often Node looks whether a timeout has passed: its own 30 s would make 10 s up to 40. */
  timeoutCheckMs: 1_000,
  bodyTimeoutMs: 30_000,
  keepAliveMs: 72_000,
  paramLength: 1_024,
  sockets: 10_000,
} as const;

export interface ServiceOptions {
  name: ServiceName;
  router: AnyTRPCRouter;
  internalRouter?: AnyTRPCRouter;
  /** What each resource of the router is, in a sentence, for the document. */
  resources: Readonly<Record<string, string>>;
  /** What the versions of the API changed in its routes. */
  changes?: readonly VersionChange[];
  /** What procedures find in `ctx`. */
  services: object;
  passports: PassportVerifier;
  serviceTokens: ServiceTokenVerifier;
  log: FastifyBaseLogger;
  metrics: Metrics;
  tracing: Tracing;
  onRefusal?: (call: Call, error: AppError) => void;
  /** What answers the native routes of the router, by the path of their procedure. */
  natives?: Readonly<Record<string, NativeHandler>>;
  /** Routes that are no procedures: streams, and what answers in a format of its own. */
  registerNative?: (app: FastifyInstance) => void;
}

/** As nginx writes it down: the caller left before its answer. */
const CLIENT_GONE = 499;

function observe(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onRequestAbort', async (request) => {
    const { operation } = request.routeOptions.config;
    const route = request.routeOptions.url ?? 'unknown';
    const attributes = { 'http.route': route };
    request.span.end({ name: operation ?? route, status: CLIENT_GONE, attributes });
    request.facts.log.info({ operation, route, status: CLIENT_GONE }, 'request');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { operation } = request.routeOptions.config;
    const route = request.routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    metrics.observeRequest({ route, method: request.method, status, seconds: reply.elapsedTime / 1_000 });
    request.span.end({ name: operation ?? route, status, attributes: { 'http.route': route } });
    const { caller, replay, log } = request.facts;
    const ms = Math.round(reply.elapsedTime);
    const line = { operation, route, status, ms, caller: caller?.id, ...(replay && { replayed: true }) };
    // Services ask each other all the time, whether somebody is there or not.
    if (route.startsWith('/internal/') && status < 400) log.debug(line, 'request');
    else log.info(line, 'request');
  });
}

function serveDocuments(app: FastifyInstance, documents: ReturnType<typeof createDocuments>): void {
  app.get<{ Querystring: { version?: unknown } }>(
    '/openapi.json',
    { config: { open: true } },
    async (request, reply) => {
      const { version = NEWEST_VERSION } = request.query;
      if (typeof version === 'string' && isApiVersion(version)) return documents.get(version);
      const details = { versions: API_VERSIONS };
      return sendError(request, reply, new AppError('API_VERSION_UNSUPPORTED', { details }));
    },
  );
}

/** A service around its router. Opens no port and reads no settings. */
export async function createService(options: ServiceOptions): Promise<FastifyInstance> {
  const { name, router, internalRouter, changes = [], natives = {}, services, log, metrics } = options;
  const streamedBodies = createStreamedBodies();
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlationId' }),
    genReqId: correlationIdOf,
    childLoggerFactory: (logger, bindings, options, raw) =>
      logger.child({ ...bindings, ...logBindingsOf(raw) }, options),
    bodyLimit: LIMITS.bodyBytes,
    requestTimeout: LIMITS.bodyTimeoutMs,
    keepAliveTimeout: LIMITS.keepAliveMs,
    routerOptions: { maxParamLength: LIMITS.paramLength, ignoreTrailingSlash: false },
    http: {
      headersTimeout: LIMITS.headersTimeoutMs,
      maxHeaderSize: LIMITS.headerBytes,
      connectionsCheckingInterval: LIMITS.timeoutCheckMs,
      requireHostHeader: true,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: refuseUnroutable,
    clientErrorHandler: answerClientError(streamedBodies.isUnderWay),
  });
  app.server.maxConnections = LIMITS.sockets;

  const createContext = (request: FastifyRequest): BaseContext => ({
    ...services,
    request: request.facts,
    onRefusal: options.onRefusal ?? (() => undefined),
    log: request.facts.log,
  });

  registerBodyParsers(app);
  registerRequestFacts(app, options);
  observe(app, metrics);
  registerDeparture(app);
  app.setErrorHandler((error, request, reply) => sendError(request, reply, requestErrorOf(error)));
  app.setNotFoundHandler((request, reply) => sendError(request, reply, new AppError('NOT_FOUND')));
  options.registerNative?.(app);
  registerRest(app, { router, changes, natives, streamedBodies, createContext });
  registerTrpc(app, { service: name, router, internalRouter, createContext });

  serveDocuments(app, createDocuments({ title: name, router, resources: options.resources }, changes));
  await app.ready();
  return app;
}
