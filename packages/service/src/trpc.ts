import { AppError, HEADERS, type ServiceName } from '@plinth/contracts';
import type { AnyTRPCRouter } from '@trpc/server';
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { toAppError } from './errors.ts';
import type { BaseContext } from './procedure.ts';
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

function mount(
  app: FastifyInstance,
  { prefix, router, createContext, allowMethodOverride }: MountOptions,
): void {
  app.register(async (scope) => {
    // A batch has one header set, so several mutations in it would share one idempotency key.
    scope.addHook('preHandler', async (request, reply) => {
      const query = request.query as Record<string, unknown>;
      if (request.method === 'POST' && query.batch !== undefined) {
        await sendError(request, reply, new AppError('BATCH_NOT_ALLOWED'));
      }
    });
    await scope.register(fastifyTRPCPlugin, {
      prefix,
      trpcOptions: {
        router,
        allowMethodOverride,
        maxBatchSize: MAX_BATCH,
        createContext: ({ req }: { req: FastifyRequest }) => createContext(req),
        responseMeta({ ctx, errors }: { ctx?: BaseContext; errors: Error[] }) {
          const headers: Record<string, string> = {};
          if (ctx?.request.replayed) headers[HEADERS.idempotencyReplayed] = 'true';
          const retryAfter = errors.map((error) => toAppError(error).retryAfter).find((seconds) => seconds);
          if (retryAfter) headers['retry-after'] = String(retryAfter);
          return { headers };
        },
        onError({ error, ctx }: { error: Error; ctx?: BaseContext }) {
          const appError = toAppError(error);
          const log = ctx?.request.log;
          if (appError.status >= 500)
            log?.error({ err: appError.cause ?? appError, code: appError.code }, appError.message);
          else log?.info({ code: appError.code }, appError.message);
        },
      },
    });
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
