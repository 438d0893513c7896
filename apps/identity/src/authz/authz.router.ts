import { procedure, router } from '../procedure.ts';
import { explain, explanation } from './authz.schema.ts';

export const authzRouter = router({
  explain: procedure
    .meta({
      summary: 'Explain what you may do',
      description:
        'Whether the caller may do something, what that needs, what is held and through what, and who can grant the rest. It is decided as a request would be, and nothing is done.',
      permission: 'signedIn',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'POST', path: '/v1/authz/explain', dialect: 'platform' }],
      errors: ['TENANT_NOT_FOUND', 'WORKSPACE_NOT_FOUND'],
    })
    .input(explain)
    .output(explanation)
    .query(({ ctx, input }) => ctx.authz.explain(ctx.call, input)),
});
