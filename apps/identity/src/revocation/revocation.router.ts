import {
  pushRevocationsInput,
  pushRevocationsOutput,
  revocationsSinceInput,
  revocationsSinceOutput,
} from '@plinth/contracts';
import { internalProcedure, router } from '../procedure.ts';

/** Answers other services only. */
export const revocationRouter = router({
  push: internalProcedure
    .meta({ summary: 'Revokes what a change took away', permission: 'anonymous', callers: ['tenancy'] })
    .input(pushRevocationsInput)
    .output(pushRevocationsOutput)
    .mutation(({ ctx, input }) => ctx.revocations.push(input)),

  since: internalProcedure
    .meta({ summary: 'What was revoked of late', permission: 'anonymous', callers: ['gateway'] })
    .input(revocationsSinceInput)
    .output(revocationsSinceOutput)
    .query(({ ctx, input }) => ctx.revocations.since(input)),
});
