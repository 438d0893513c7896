import { procedure, router } from '../procedure.ts';
import {
  changeServiceAccount,
  createServiceAccount,
  listServiceAccounts,
  serviceAccount,
  serviceAccountById,
  serviceAccountPage,
  serviceAccountWithSecret,
  updateServiceAccount,
} from './service-account.schema.ts';

const ONE = '/v1/service-accounts/{serviceAccountId}';
const CLIENT = `${ONE}/client` as const;

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

  createClient: procedure
    .meta({
      summary: 'Give a service account an OAuth client',
      description:
        'By it the account signs in for tokens of its own, with the grant `client_credentials` at `POST /v1/auth/token` or at the issuer. The client is called as the account; its secret is in this answer and never shown again.',
      permission: 'serviceAccounts:write',
      allowSuspended: true,
      rest: [
        {
          method: 'POST',
          path: CLIENT,
          dialect: 'platform',
          status: 201,
          location: '/v1/service-accounts/{id}',
          noStore: true,
        },
      ],
      errors: ['PERMISSION_CEILING', 'CONFLICT', 'AUTH_UNAVAILABLE'],
    })
    .input(changeServiceAccount)
    .output(serviceAccountWithSecret)
    .mutation(({ ctx, input }) => ctx.accountClients.create(ctx.call, input)),

  rotateClientSecret: procedure
    .meta({
      summary: 'Rotate the secret of a service account',
      description:
        'The new secret of its OAuth client is in this answer and never shown again. The old one signs in nobody from now on; tokens that it got live out their five minutes.',
      permission: 'serviceAccounts:write',
      allowSuspended: true,
      rest: [{ method: 'POST', path: `${CLIENT}/secret`, dialect: 'platform', noStore: true }],
      errors: ['PERMISSION_CEILING', 'CLIENT_NOT_FOUND', 'CONFLICT', 'AUTH_UNAVAILABLE'],
    })
    .input(changeServiceAccount)
    .output(serviceAccountWithSecret)
    .mutation(({ ctx, input }) => ctx.accountClients.rotateSecret(ctx.call, input)),

  removeClient: procedure
    .meta({
      summary: 'Take its OAuth client from a service account',
      description: 'Its tokens open nothing from the very next request on. Its keys go on.',
      permission: 'serviceAccounts:write',
      allowSuspended: true,
      rest: [{ method: 'DELETE', path: CLIENT, dialect: 'platform' }],
      errors: ['CLIENT_NOT_FOUND'],
    })
    .input(changeServiceAccount)
    .output(serviceAccount)
    .mutation(({ ctx, input }) => ctx.accountClients.remove(ctx.call, input)),
});
