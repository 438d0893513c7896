import { AppError, deprecationHeaders, type ErrorDetails, isOver, validationError } from '@plinth/contracts';
import type { AnyTRPCRouter } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toAppError } from '../errors.ts';
import type { BaseContext } from '../procedure.ts';
import { replayHeaders } from '../replay-headers.ts';
import { checkChanges, checkNotice, olderShapesOf, type VersionChange } from '../versions/version-change.ts';
import { toAnswer } from './answer.ts';
import { CAMEL, snakeCasing } from './casing.ts';
import { compileCoercion } from './coerce.ts';
import { isKnownTag } from './if-none-match.ts';
import { compileInvoke } from './invoke.ts';
import { handlerOf, type NativeHandler, rawBodies, runNative } from './native.ts';
import { ORGANIZATION_PARAMETER, type RouteFacts, routesOf } from './procedures.ts';
import { sendError, tellRevoked } from './send-error.ts';
import type { StreamedBodies } from './streamed-bodies.ts';

// Each REST route is a native Fastify route that calls the same procedure as /trpc does, through the same checks.

type Fields = Record<string, unknown>;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'] as const;

function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function bodyFields(body: unknown): Fields {
  if (body === undefined) return {};
  if (!isFields(body)) {
    throw validationError([{ path: '', code: 'invalid_type', message: 'the body must be a JSON object' }]);
  }
  return body;
}

function refuseQuery(query: Fields): void {
  const names = Object.keys(query);
  if (names.length === 0) return;
  throw validationError(
    names.map((path) => ({ path, code: 'unknown_field', message: 'is not a known query parameter' })),
  );
}

function refuseOverlap(path: Fields, given: Fields): void {
  const twice = Object.keys(given).filter((key) => Object.hasOwn(path, key));
  if (twice.length === 0) return;
  throw validationError(
    twice.map((key) => ({ path: key, code: 'unknown_field', message: 'is given by the path already' })),
  );
}

function refuseIfMatch(given: Fields): void {
  const path = ['ifMatch', 'if_match'].find((name) => name in given);
  if (path) throw validationError([{ path, code: 'unknown_field', message: 'is the header If-Match' }]);
}

function compileRoute(facts: RouteFacts, changes: readonly VersionChange[]) {
  const { route, input } = facts;
  const olderShapes = olderShapesOf(facts, changes);
  const casing = route.dialect === 'platform' ? CAMEL : snakeCasing(input, facts.output);
  const coerce = compileCoercion(input?.shape ?? {});
  const takesBody = route.method !== 'GET' && route.method !== 'DELETE';
  const takesIfMatch = input !== undefined && 'ifMatch' in input.shape;

  function recase(given: Fields): Fields {
    const fields = casing.input(given);
    return isFields(fields) ? fields : {};
  }

  function readInput(request: FastifyRequest): Fields {
    const { [ORGANIZATION_PARAMETER]: organizationId, ...params } = request.params as Fields;
    if (organizationId !== undefined && organizationId !== request.facts.caller?.organizationId) {
      throw new AppError('ORGANIZATION_NOT_FOUND');
    }
    // The router takes `/v1/tenants/` for a tenant without an id.
    if (Object.values(params).includes('')) throw new AppError('NOT_FOUND');
    const query = request.query as Fields;
    if (takesBody) refuseQuery(query);
    const given = takesBody ? bodyFields(request.body) : query;
    refuseOverlap(params, given);
    if (takesIfMatch) refuseIfMatch(given);
    const asNow = olderShapes.get(request.facts.apiVersion)?.up(given) ?? given;
    const texts = recase(takesBody ? params : { ...asNow, ...params });
    coerce(texts);
    const fields = takesBody ? { ...recase(asNow), ...texts } : texts;
    if (takesIfMatch && typeof request.headers['if-match'] === 'string')
      fields.ifMatch = request.headers['if-match'];
    return fields;
  }

  return { ...facts, casing, olderShapes, readInput, invoke: compileInvoke(facts) };
}

type CompiledRoute = ReturnType<typeof compileRoute>;

/** An error of the procedure speaks of its own field names; the caller knows those of its dialect and version. */
function inCallersWords(error: AppError, { casing, olderShapes }: CompiledRoute, request: FastifyRequest) {
  const { details } = error;
  const older = olderShapes.get(request.facts.apiVersion);
  if (older && details) return withDetails(error, older.downDetails(details));
  if (casing === CAMEL || !Array.isArray(details?.fields)) return error;
  const fields = details.fields.map((field) => ({ ...field, path: casing.path(field.path) }));
  return withDetails(error, { ...details, fields });
}

function withDetails(error: AppError, details: ErrorDetails): AppError {
  const { code, message, retryAfter, headers } = error;
  if (code === 'VALIDATION_FAILED' && Array.isArray(details.fields))
    return validationError(details.fields, error);
  return new AppError(code, {
    message,
    details,
    headers,
    cause: error,
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

function etagOf(output: unknown): string | undefined {
  return isFields(output) && typeof output.etag === 'string' ? output.etag : undefined;
}

function locationOf(template: string, output: unknown): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) =>
    isFields(output) ? encodeURIComponent(String(output[name])) : '',
  );
}

function send(route: CompiledRoute, request: FastifyRequest, reply: FastifyReply, output: unknown) {
  const { dialect, method, status = 200, location } = route.route;
  const { facts } = request;
  tellRevoked(reply, facts);
  reply.headers(replayHeaders(facts));
  if (location) reply.header('location', locationOf(location, output));
  const etag = etagOf(output);
  if (etag) reply.header('etag', etag);
  if (etag && method === 'GET' && isKnownTag(etag, request.headers['if-none-match']))
    return reply.code(304).send();
  if (status === 204) return reply.code(204).send();
  const older = route.olderShapes.get(facts.apiVersion);
  const answered = older ? older.down(output) : output;
  const body = toAnswer(dialect, answered, { casing: route.casing, correlationId: facts.correlationId });
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(body));
}

/** Tells that a route is to go, and after that day no more than what to use instead. */
function announceEnd({ meta: { deprecated } }: CompiledRoute, reply: FastifyReply): void {
  if (!deprecated) return;
  const { sunset, successor } = deprecated;
  reply.headers(deprecationHeaders(deprecated, successor));
  if (!isOver(deprecated, new Date())) return;
  throw new AppError('OPERATION_RETIRED', {
    message: `This is no longer served since ${sunset}; use ${successor}`,
    details: { sunset, successor },
  });
}

function acceptsJson(accept: string | undefined): boolean {
  return !accept || /(?:\*\/\*|application\/(?:\*|json|problem\+json))\s*(?:[;,]|$)/i.test(accept);
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** What every route says and sends, whoever writes its answer. */
const answering =
  (route: CompiledRoute, answer: Answer): Answer =>
  async (request, reply) => {
    try {
      announceEnd(route, reply);
      if (route.route.noStore) reply.header('cache-control', 'no-store');
      return await answer(request, reply);
    } catch (thrown) {
      return sendError(request, reply, toAppError(thrown));
    }
  };

export interface RestOptions {
  router: AnyTRPCRouter;
  changes: readonly VersionChange[];
  natives: Readonly<Record<string, NativeHandler>>;
  streamedBodies: StreamedBodies;
  createContext: (request: FastifyRequest) => BaseContext;
}

export function registerRest(
  app: FastifyInstance,
  { router, changes, natives, streamedBodies, createContext }: RestOptions,
): void {
  const methodsByUrl = new Map<string, Set<string>>();
  async function run(route: CompiledRoute, request: FastifyRequest, input: Fields): Promise<unknown> {
    try {
      return await route.invoke(createContext(request), input, request.signal);
    } catch (thrown) {
      throw inCallersWords(toAppError(thrown), route, request);
    }
  }

  const routes = routesOf(router);
  checkChanges(changes, routes);
  checkNotice(routes);
  for (const facts of routes) {
    const route = compileRoute(facts, changes);
    const url = route.route.path.replace(/\{(\w+)\}/g, ':$1');
    const served = methodsByUrl.get(url) ?? new Set();
    methodsByUrl.set(url, served.add(route.route.method));
    if (route.route.method === 'GET') served.add('HEAD');

    const { native } = route.route;
    if (native) {
      const handler = handlerOf(natives, route);
      const { method } = route.route;
      app.register(async (scope) => {
        rawBodies(scope, native.streamed ?? []);
        scope.route({
          method: method === 'GET' ? ['GET', 'HEAD'] : method,
          url,
          config: { operation: route.path },
          handler: answering(route, (request, reply) => {
            if (request.body === request.raw) streamedBodies.take(request.raw, reply.raw);
            return runNative(handler, route, createContext(request), { request, reply });
          }),
        });
      });
      continue;
    }
    app.route({
      method: route.route.method,
      url,
      config: { operation: route.path, form: route.route.form ?? false },
      handler: answering(route, async (request, reply) => {
        if (!acceptsJson(request.headers.accept)) throw new AppError('NOT_ACCEPTABLE');
        const output = await run(route, request, route.readInput(request));
        return send(route, request, reply, output);
      }),
    });
  }
  for (const [url, served] of methodsByUrl) {
    const allow = [...served].join(', ');
    app.route({
      method: METHODS.filter((method) => !served.has(method)),
      url,
      handler: (request, reply) =>
        sendError(
          request,
          reply,
          new AppError('METHOD_NOT_ALLOWED', { headers: { allow }, details: { allow } }),
        ),
    });
  }
}
