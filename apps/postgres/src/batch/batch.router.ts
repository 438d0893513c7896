import { procedure, router } from '../procedure.ts';
import { GUARDED_ERRORS, WRITE_ERRORS } from '../rows/rows.router.ts';
import { RUN } from './batch.document.ts';
import { batchResults, runBatch } from './batch.schema.ts';

export const batchRouter = router({
  run: procedure
    .meta({
      summary: 'Run several operations as one',
      description:
        'In one transaction: all of them are done, or none. Each sees what those before it did, and can refer to what they answered. An error says in which it is.',
      permission: 'rows:write',
      capability: 'postgres',
      rest: [{ method: 'POST', path: '/v1/postgres/{workspaceId}/batch', dialect: 'platform', native: RUN }],
      errors: [...WRITE_ERRORS, ...GUARDED_ERRORS, 'FUNCTION_NOT_FOUND', 'METHOD_NOT_ALLOWED'],
    })
    .input(runBatch)
    .output(batchResults)
    .mutation(({ ctx, input, signal }) => ctx.batches.runTyped(ctx.call, input, signal)),
});
