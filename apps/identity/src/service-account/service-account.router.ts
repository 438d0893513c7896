import { procedure, router } from '../procedure.ts';
import {
  changeServiceAccount,
  createServiceAccount,
  listServiceAccounts,
  serviceAccount,
  serviceAccountById,
  serviceAccountPage,
  updateServiceAccount,
} from './service-account.schema.ts';

const ONE = '/v1/service-accounts/{serviceAccountId}';

export const serviceAccountRouter = router({
  create: procedure
    .meta({
      summary: 'Create a service account',
      description:
        'A program that belongs to the organization, and stays when its maker goes. It cannot hold more than its maker. Give it a key with `POST /v1/api-keys`.',
      permission: 'serviceAccounts:write',
      allowSuspended: true,
      rest: [
        {
          method: 'POST',
          path: '/v1/service-accounts',
          dialect: 'platform',
          status: 201,
          location: '/v1/service-accounts/{id}',
        },
      ],
      errors: ['PERMISSION_CEILING', 'QUOTA_EXCEEDED'],
    })
    .input(createServiceAccount)
    .output(serviceAccount)
    .mutation(({ ctx, input }) => ctx.serviceAccounts.create(ctx.call, input)),

  list: procedure
    .meta({
      summary: 'List service accounts',
      description: 'Those of the organization, the newest first.',
      permission: 'serviceAccounts:read',
      allowSuspended: true,
      rest: [{ method: 'GET', path: '/v1/service-accounts', dialect: 'platform' }],
    })
    .input(listServiceAccounts)
    .output(serviceAccountPage)
    .query(({ ctx, input }) => ctx.serviceAccounts.list(ctx.call, input)),

  get: procedure
    .meta({
      summary: 'Get a service account',
      description: 'What it may do, and when it did something last.',
      permission: 'serviceAccounts:read',
      allowSuspended: true,
      rest: [{ method: 'GET', path: ONE, dialect: 'platform' }],
    })
    .input(serviceAccountById)
    .output(serviceAccount)
    .query(({ ctx, input }) => ctx.serviceAccounts.get(ctx.call, input.serviceAccountId)),

  update: procedure
    .meta({
      summary: 'Update a service account',
      description:
        'Changes what is given: its name, what it may do, or its status. The next request of its credentials is judged by it.',
      permission: 'serviceAccounts:write',
      allowSuspended: true,
      rest: [{ method: 'PATCH', path: ONE, dialect: 'platform' }],
      errors: ['PERMISSION_CEILING'],
    })
    .input(updateServiceAccount)
    .output(serviceAccount)
    .mutation(({ ctx, input }) => ctx.serviceAccounts.update(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Delete a service account',
      description: 'It can do nothing from the very next request on, and its keys are deleted with it.',
      permission: 'serviceAccounts:write',
      allowSuspended: true,
      rest: [{ method: 'DELETE', path: ONE, dialect: 'platform' }],
    })
    .input(changeServiceAccount)
    .output(serviceAccount)
    .mutation(({ ctx, input }) => ctx.serviceAccounts.remove(ctx.call, input)),
});
