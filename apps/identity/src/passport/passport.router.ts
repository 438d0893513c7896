import { exchangeInput, exchangeOutput } from '@plinth/contracts';
import { internalProcedure, router } from '../procedure.ts';

/** Answers other services only. */
export const passportRouter = router({
  exchange: internalProcedure
    .meta({
      summary: 'A passport for a verified token and a scope',
      permission: 'anonymous',
      callers: ['gateway'],
    })
    .input(exchangeInput)
    .output(exchangeOutput)
    .mutation(({ ctx, input }) => ctx.passports.exchange(ctx.call, input)),
});
