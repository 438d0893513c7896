import { AppError, type Call, toTypedErrorData } from '@plinth/contracts';
import { initTRPC } from '@trpc/server';
import type { FastifyBaseLogger } from 'fastify';
import { authorize } from './authorize.ts';
import { checkScope, type RequestFacts, startCall } from './call.ts';
import { toAppError, toTrpcError } from './errors.ts';
import type { ProcedureMeta } from './meta.ts';
import { checkText } from './text.ts';

/** What every procedure's `ctx` holds beside its service's own objects. */
export interface BaseContext {
  readonly request: RequestFacts;
  readonly fingerprintKey: Buffer;
  readonly onRefusal: (call: Call, error: AppError) => void;
  readonly log: FastifyBaseLogger;
}

const REFUSALS = new Set(['PERMISSION_DENIED', 'PLAN_CAPABILITY_REQUIRED', 'TENANT_SUSPENDED']);

/**
 * The builders of one service. `Services` are the objects its procedures find in `ctx`. Everything that holds for
 * every procedure is one middleware: tRPC spreads its options once per middleware, which is most of what a call costs.
 */
export function initService<Services extends object>() {
  const t = initTRPC
    .context<BaseContext & Services>()
    .meta<ProcedureMeta>()
    .create({
      errorFormatter({ shape, error, ctx }) {
        const appError = toAppError(error);
        return {
          message: appError.message,
          code: shape.code,
          data: toTypedErrorData(appError, ctx?.request.correlationId ?? ''),
        };
      },
    });

  const procedure = t.procedure.use(async ({ ctx, meta, path, getRawInput, next }) => {
    if (!meta || meta.callers) throw new AppError('NOT_FOUND');
    const input = await getRawInput();
    const isAnywhere = meta.permission === 'signedIn' || meta.permission === 'anonymous';
    const call = startCall(ctx.request, path, input, ctx.fingerprintKey, isAnywhere);
    try {
      authorize(meta, ctx.request.caller);
      checkScope(call.caller, input);
      checkText(input);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (REFUSALS.has(error.code)) ctx.onRefusal(call, error);
      throw toTrpcError(error);
    }
    const result = await next({ ctx: { call } });
    if (!result.ok) throw toTrpcError(toAppError(result.error));
    return result;
  });

  const internalProcedure = t.procedure.use(async ({ ctx, meta, path, getRawInput, next }) => {
    const { service } = ctx.request;
    if (!service || !meta?.callers?.includes(service)) throw toTrpcError(new AppError('UNAUTHENTICATED'));
    const call = startCall(ctx.request, path, await getRawInput(), ctx.fingerprintKey);
    const result = await next({ ctx: { call } });
    if (!result.ok) throw toTrpcError(toAppError(result.error));
    return result;
  });

  return { router: t.router, procedure, internalProcedure };
}
