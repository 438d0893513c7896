import { procedure, router } from '../procedure.ts';
import { explain, explanation } from './authz.schema.ts';

export const authzRouter = router({
  explain: procedure
    .meta({
      summary: 'Explain who may do what',
      description:
        'Whether the caller may do something, what that needs, what is held and through what, and who can grant the rest. It is decided as a request would be, and nothing is done. Of another member it tells with `members:read`, of a key with `keys:read`, of a service account with `serviceAccounts:read`.',
      permission: 'signedIn',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'POST', path: '/v1/authz/explain', dialect: 'platform' }],
      errors: [
        'PERMISSION_DENIED',
        'ORGANIZATION_NOT_FOUND',
        'TENANT_NOT_FOUND',
        'WORKSPACE_NOT_FOUND',
        'USER_NOT_FOUND',
        'API_KEY_NOT_FOUND',
        'SERVICE_ACCOUNT_NOT_FOUND',
        'INVALID_STATE',
      ],
    })
    .input(explain)
    .output(explanation)
    .query(({ ctx, input }) => ctx.authz.explain(ctx.call, input)),
});
