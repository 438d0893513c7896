import { findRealmInput, findRealmOutput } from '@plinth/contracts';
import { internalProcedure, router } from '../procedure.ts';

/** Answers other services only. */
export const realmIssuerRouter = router({
  find: internalProcedure
    .meta({
      summary: 'The realm whose tokens bear an issuer',
      permission: 'anonymous',
      callers: ['gateway'],
    })
    .input(findRealmInput)
    .output(findRealmOutput)
    .query(({ ctx, input }) => ctx.realms.find(input)),
});
