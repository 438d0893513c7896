import { AppError, type Call, toTypedErrorData } from '@plinth/contracts';
import { initTRPC } from '@trpc/server';
import type { FastifyBaseLogger } from 'fastify';
import { authorize } from './authorize.ts';
import { checkScope, type RequestFacts, startCall } from './call.ts';
import { toAppError, toTrpcError } from './errors.ts';
import type { ProcedureMeta } from './meta.ts';
import { checkReach } from './reach.ts';
import { checkText } from './text.ts';

/** What every procedure's `ctx` holds beside its service's own objects. */
export interface BaseContext {
  readonly request: RequestFacts;
  readonly onRefusal: (call: Call, error: AppError) => void;
  readonly log: FastifyBaseLogger;
}

const REFUSALS = new Set([
  'PERMISSION_DENIED',
  'PLAN_CAPABILITY_REQUIRED',
  'WORKSPACE_CAPABILITY_REQUIRED',
  'TENANT_SUSPENDED',
  'TENANT_DELETED',
  'WORKSPACE_SUSPENDED',
]);

/** What holds for every procedure before its own schema has a say. Throws an AppError, or begins the call. */
export function beginCall(
  ctx: BaseContext,
  meta: ProcedureMeta | undefined,
  path: string,
  input: unknown,
): Call {
  if (!meta || meta.callers) throw new AppError('NOT_FOUND');
  const isAnywhere = meta.permission === 'signedIn' || meta.permission === 'anonymous';
  const call = startCall(ctx.request, path, input, isAnywhere);
  try {
    authorize(meta, ctx.request.caller, input);
    checkScope(call.caller, input);
    checkReach(meta, call.caller, input);
    checkText(input);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (REFUSALS.has(error.code)) ctx.onRefusal(call, error);
    throw error;
  }
  return call;
}

function beginInternalCall(
  ctx: BaseContext,
  meta: ProcedureMeta | undefined,
  path: string,
  input: unknown,
): Call {
  const { service } = ctx.request;
  if (!service || !meta?.callers?.includes(service)) throw new AppError('UNAUTHENTICATED');
  return startCall(ctx.request, path, input);
}

const firstLinks = new WeakSet<object>();

/** Whether this link of tRPC's chain is the one that `initService` put there. */
export const isFirstLink = (link: object): boolean => firstLinks.has(link);

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

  const procedureThat = (begin: typeof beginCall) =>
    t.procedure.use(async function firstLink({ ctx, meta, path, getRawInput, next }) {
      try {
        const call = begin(ctx, meta, path, await getRawInput());
        const result = await next({ ctx: { call } });
        if (result.ok) return result;
        throw result.error;
      } catch (thrown) {
        throw toTrpcError(toAppError(thrown));
      }
    });
  const procedure = procedureThat(beginCall);
  const internalProcedure = procedureThat(beginInternalCall);
  for (const link of [procedure, internalProcedure].flatMap(({ _def }) => _def.middlewares))
    firstLinks.add(link);

  return { router: t.router, procedure, internalProcedure };
}
