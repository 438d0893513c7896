import { procedure, router } from '../procedure.ts';
import { OF_CHANGE, OF_REALM, READ, WRITE } from '../realm/iam-meta.ts';
import {
  client,
  clientById,
  clientPage,
  clientWithSecret,
  createClient,
  listClients,
  removedClient,
  updateClient,
} from './client.schema.ts';

const CLIENTS = '/v1/iam/realms/{realmId}/clients';
const CLIENT = `${CLIENTS}/{clientId}` as const;

export const clientRouter = router({
  create: procedure
    .meta({
      ...WRITE,
      summary: 'Create a client',
      description:
        'An app that signs users of the realm in. A public one has PKCE and no secret; the secret of a confidential one is in this answer and never shown again.',
      rest: [
        {
          method: 'POST',
          path: CLIENTS,
          dialect: 'platform',
          status: 201,
          location: '/v1/iam/realms/{realmId}/clients/{id}',
          noStore: true,
        },
      ],
      errors: [...OF_CHANGE, 'QUOTA_EXCEEDED'],
    })
    .input(createClient)
    .output(clientWithSecret)
    .mutation(({ ctx, input }) => ctx.clients.create(ctx.call, input)),

  list: procedure
    .meta({
      ...READ,
      summary: 'List clients',
      description: 'Those of the realm, the newest first.',
      rest: [{ method: 'GET', path: CLIENTS, dialect: 'platform' }],
      errors: OF_REALM,
    })
    .input(listClients)
    .output(clientPage)
    .query(({ ctx, input }) => ctx.clients.list(ctx.call, input)),

  get: procedure
    .meta({
      ...READ,
      summary: 'Get a client',
      description: 'As it is at the provider, without its secret.',
      rest: [{ method: 'GET', path: CLIENT, dialect: 'platform' }],
      errors: [...OF_REALM, 'CLIENT_NOT_FOUND'],
    })
    .input(clientById)
    .output(client)
    .query(({ ctx, input }) => ctx.clients.get(ctx.call, input)),

  update: procedure
    .meta({
      ...WRITE,
      summary: 'Update a client',
      description: 'Changes what is given. The type of a client stays what it is.',
      rest: [{ method: 'PATCH', path: CLIENT, dialect: 'platform' }],
      errors: [...OF_CHANGE, 'CLIENT_NOT_FOUND', 'BUSINESS_RULE_VIOLATED', 'CAPABILITY_UNAVAILABLE'],
    })
    .input(updateClient)
    .output(client)
    .mutation(({ ctx, input }) => ctx.clients.update(ctx.call, input)),

  remove: procedure
    .meta({
      ...WRITE,
      summary: 'Delete a client',
      description: 'It signs nobody in any more.',
      rest: [{ method: 'DELETE', path: CLIENT, dialect: 'platform' }],
      errors: [...OF_CHANGE, 'CLIENT_NOT_FOUND'],
    })
    .input(clientById)
    .output(removedClient)
    .mutation(({ ctx, input }) => ctx.clients.remove(ctx.call, input)),

  rotateSecret: procedure
    .meta({
      ...WRITE,
      summary: 'Rotate the secret of a client',
      description:
        'The new secret is in this answer and never shown again; the old one opens nothing from now on.',
      rest: [{ method: 'POST', path: `${CLIENT}/secret`, dialect: 'platform', noStore: true }],
      errors: [...OF_CHANGE, 'CLIENT_NOT_FOUND', 'BUSINESS_RULE_VIOLATED', 'CAPABILITY_UNAVAILABLE'],
    })
    .input(clientById)
    .output(clientWithSecret)
    .mutation(({ ctx, input }) => ctx.clients.rotateSecret(ctx.call, input)),
});
