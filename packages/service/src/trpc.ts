import { AppError, HEADERS, type ServiceName, toRevokedHeader } from '@plinth/contracts';
import type { AnyTRPCRouter } from '@trpc/server';
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createJsonCheck, decode } from './body-parsers.ts';
import { toAppError } from './errors.ts';
import type { BaseContext } from './procedure.ts';
import { replayHeaders } from './replay-headers.ts';
import { sendError } from './rest/send-error.ts';

const MAX_BATCH = 20;

interface TrpcOptions {
  service: ServiceName;
  router: AnyTRPCRouter;
  internalRouter: AnyTRPCRouter | undefined;
  createContext: (request: FastifyRequest) => BaseContext;
}

interface MountOptions {
  prefix: string;
  router: AnyTRPCRouter;
  createContext: (request: FastifyRequest) => BaseContext;
  allowMethodOverride: boolean;
}

type JsonCheck = ReturnType<typeof createJsonCheck>;

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST'];

const batchSize = (path: string): number => path.split(',').length;

/** What the adapter would let pass, or would refuse in words of its own. */
function refusalOf(request: FastifyRequest, checkJson: JsonCheck): AppError | undefined {
  const { method, query, params, body } = request;
  const { batch, input } = query as Record<string, unknown>;
  const { path = '' } = params as { path?: string };
  if (!METHODS.includes(method)) {
    const allow = METHODS.join(', ');
    return new AppError('METHOD_NOT_ALLOWED', { headers: { allow }, details: { allow } });
  }
  // A batch has one header set, so several mutations in it would share one idempotency key.
  if (batch !== undefined && (method === 'POST' || batchSize(path) > MAX_BATCH)) {
    return new AppError('BATCH_NOT_ALLOWED');
  }
  const json = body ?? input;
  return typeof json === 'string' ? checkJson(request, json) : undefined;
}

function mount(
  app: FastifyInstance,
  { prefix, router, createContext, allowMethodOverride }: MountOptions,
): void {
  app.register(async (scope) => {
    const checkJson = createJsonCheck(scope);
    // tRPC parses JSON itself, and reads nothing else.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_, bytes, done) => {
      const body = decode(bytes);
      done(body === undefined ? new AppError('MALFORMED_JSON') : null, body);
    });
    scope.addHook('preHandler', async (request, reply) => {
      const refusal = refusalOf(request, checkJson);
      if (refusal) await sendError(request, reply, refusal);
    });
    scope.all<{ Params: { path: string } }>(`${prefix}/:path`, (req, res) =>
      fastifyRequestHandler({
        req,
        res,
        path: req.params.path,
        router,
        allowMethodOverride,
        maxBatchSize: MAX_BATCH,
        createContext: ({ req }: { req: FastifyRequest }) => createContext(req),
        responseMeta({ ctx, errors }: { ctx?: BaseContext; errors: Error[] }) {
          const headers: Record<string, string> = ctx ? { ...replayHeaders(ctx.request) } : {};
          if (ctx?.request.revoked) headers[HEADERS.revoked] = toRevokedHeader(ctx.request.revoked);
          const retryAfter = errors.map((error) => toAppError(error).retryAfter).find((seconds) => seconds);
          if (retryAfter) headers['retry-after'] = String(retryAfter);
          const challenge = errors
            .map((error) => toAppError(error).headers['www-authenticate'])
            .find(Boolean);
          if (challenge) headers['www-authenticate'] = challenge;
          return { headers };
        },
        onError({ error, ctx }: { error: Error; ctx?: BaseContext }) {
          const appError = toAppError(error);
          const log = ctx?.request.log;
          if (appError.status >= 500)
            log?.error({ err: appError.cause ?? appError, code: appError.code }, appError.message);
          else log?.info({ code: appError.code }, appError.message);
        },
      }),
    );
  });
}

/** `/trpc/<service>` for callers; `/internal` for other services, which the gateway does not proxy. */
export function registerTrpc(
  app: FastifyInstance,
  { service, router, internalRouter, createContext }: TrpcOptions,
) {
  mount(app, { prefix: `/trpc/${service}`, router, createContext, allowMethodOverride: false });
  if (internalRouter)
    mount(app, { prefix: '/internal', router: internalRouter, createContext, allowMethodOverride: true });
}
