import { procedure, router } from '../procedure.ts';
import { OF_REALM, READ } from './iam-meta.ts';
import { listRealms, realm, realmById, realmPage } from './realm.schema.ts';

export const realmRouter = router({
  list: procedure
    .meta({
      ...READ,
      summary: 'List realms',
      description:
        'Of the tenant in scope, or of every tenant of the organization whose plan has the capability `identity`; the newest first. A realm is made when it is first used.',
      rest: [{ method: 'GET', path: '/v1/iam/realms', dialect: 'platform' }],
      errors: ['PLAN_CAPABILITY_REQUIRED', 'TENANT_NOT_FOUND', 'TENANT_DELETED', 'AUTH_UNAVAILABLE'],
    })
    .input(listRealms)
    .output(realmPage)
    .query(({ ctx, input }) => ctx.realms.list(ctx.call, input)),

  get: procedure
    .meta({
      ...READ,
      summary: 'Get a realm',
      description: 'Where a tenant’s users sign in, and where their tokens come from.',
      rest: [{ method: 'GET', path: '/v1/iam/realms/{realmId}', dialect: 'platform' }],
      errors: OF_REALM,
    })
    .input(realmById)
    .output(realm)
    .query(({ ctx, input }) => ctx.realms.get(ctx.call, input.realmId)),
});
