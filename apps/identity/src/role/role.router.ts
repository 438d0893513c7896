import { procedure, router } from '../procedure.ts';
import { listRoles, rolePage } from './role.schema.ts';

const ROLES = '/v1/iam/realms/{realmId}/roles';

const OF_REALM = [
  'REALM_NOT_FOUND',
  'PLAN_CAPABILITY_REQUIRED',
  'TENANT_DELETED',
  'AUTH_UNAVAILABLE',
] as const;

export const roleRouter = router({
  list: procedure
    .meta({
      summary: 'List roles',
      description: 'Those that users of the realm can have, by name.',
      permission: 'iam:read',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'GET', path: ROLES, dialect: 'platform' }],
      errors: OF_REALM,
    })
    .input(listRoles)
    .output(rolePage)
    .query(({ ctx, input }) => ctx.roles.list(ctx.call, input)),
});
