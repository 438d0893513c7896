import { procedure, router } from '../procedure.ts';
import {
  createCredential,
  credential,
  credentialById,
  credentialPage,
  credentialWithSecret,
  listCredentials,
  removedCredential,
} from './credential.schema.ts';

const CREDENTIALS = '/v1/workspaces/{workspaceId}/credentials';
const CREDENTIAL = `${CREDENTIALS}/{credentialId}` as const;

// Whoever connects by themselves is past every limit of the API, so it takes the right to give rights.
const WRITE = { permission: 'keys:write', capability: 'postgres' } as const;
const READ = { permission: 'keys:read', capability: 'postgres' } as const;

export const credentialRouter = router({
  create: procedure
    .meta({
      ...WRITE,
      summary: 'Create a database credential',
      description:
        'A login for psql and every driver, where the data of the workspace lies on a server that allows it. The password is in this answer and never shown again.',
      rest: [
        {
          method: 'POST',
          path: CREDENTIALS,
          dialect: 'platform',
          status: 201,
          location: '/v1/workspaces/{workspaceId}/credentials/{id}',
          noStore: true,
        },
      ],
      errors: ['CAPABILITY_UNAVAILABLE', 'QUOTA_EXCEEDED'],
    })
    .input(createCredential)
    .output(credentialWithSecret)
    .mutation(({ ctx, input }) => ctx.credentials.create(ctx.call, input)),

  list: procedure
    .meta({
      ...READ,
      summary: 'List database credentials',
      description: 'Those of the workspace, the newest first, without their passwords.',
      rest: [{ method: 'GET', path: CREDENTIALS, dialect: 'platform' }],
    })
    .input(listCredentials)
    .output(credentialPage)
    .query(({ ctx, input }) => ctx.credentials.list(ctx.call, input)),

  get: procedure
    .meta({
      ...READ,
      summary: 'Get a database credential',
      description: 'Without its password.',
      rest: [{ method: 'GET', path: CREDENTIAL, dialect: 'platform' }],
      errors: ['CREDENTIAL_NOT_FOUND'],
    })
    .input(credentialById)
    .output(credential)
    .query(({ ctx, input }) => ctx.credentials.get(ctx.call, input)),

  rotate: procedure
    .meta({
      ...WRITE,
      summary: 'Rotate the password of a database credential',
      description:
        'The password of before opens nothing from then on, and connections that it opened are ended.',
      rest: [{ method: 'POST', path: `${CREDENTIAL}/rotate`, dialect: 'platform', noStore: true }],
      errors: ['CREDENTIAL_NOT_FOUND', 'CAPABILITY_UNAVAILABLE'],
    })
    .input(credentialById)
    .output(credentialWithSecret)
    .mutation(({ ctx, input }) => ctx.credentials.rotate(ctx.call, input)),

  remove: procedure
    .meta({
      ...WRITE,
      summary: 'Revoke a database credential',
      description: 'Nobody connects with it any more, and who is connected is thrown out.',
      rest: [{ method: 'DELETE', path: CREDENTIAL, dialect: 'platform' }],
      errors: ['CREDENTIAL_NOT_FOUND'],
    })
    .input(credentialById)
    .output(removedCredential)
    .mutation(({ ctx, input }) => ctx.credentials.remove(ctx.call, input)),
});
