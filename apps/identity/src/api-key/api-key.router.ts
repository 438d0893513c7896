import { procedure, router } from '../procedure.ts';
import {
  apiKey,
  apiKeyById,
  apiKeyPage,
  changeApiKey,
  createApiKey,
  leakReceipt,
  leakReport,
  listApiKeys,
  newApiKey,
  rotateApiKey,
  updateApiKey,
} from './api-key.schema.ts';

export const apiKeyRouter = router({
  create: procedure
    .meta({
      summary: 'Create an API key',
      description:
        'A key for a program, which acts for whoever makes it. The key itself is in `key`, this once. It cannot hold more than its maker.',
      permission: 'keys:write',
      allowSuspended: true,
      rest: [
        {
          method: 'POST',
          path: '/v1/api-keys',
          dialect: 'platform',
          status: 201,
          location: '/v1/api-keys/{id}',
          noStore: true,
        },
      ],
      errors: ['PERMISSION_CEILING', 'QUOTA_EXCEEDED'],
    })
    .input(createApiKey)
    .output(newApiKey)
    .mutation(({ ctx, input }) => ctx.apiKeys.create(ctx.call, input)),

  list: procedure
    .meta({
      summary: 'List API keys',
      description: 'Those of the organization, the newest first; deleted ones are gone.',
      permission: 'keys:read',
      allowSuspended: true,
      rest: [{ method: 'GET', path: '/v1/api-keys', dialect: 'platform' }],
    })
    .input(listApiKeys)
    .output(apiKeyPage)
    .query(({ ctx, input }) => ctx.apiKeys.list(ctx.call, input)),

  get: procedure
    .meta({
      summary: 'Get an API key',
      description: 'All but its secret, which nobody can have again.',
      permission: 'keys:read',
      allowSuspended: true,
      rest: [{ method: 'GET', path: '/v1/api-keys/{keyId}', dialect: 'platform' }],
      errors: ['API_KEY_NOT_FOUND'],
    })
    .input(apiKeyById)
    .output(apiKey)
    .query(({ ctx, input }) => ctx.apiKeys.get(ctx.call, input.keyId)),

  update: procedure
    .meta({
      summary: 'Update an API key',
      description:
        'Changes what is given: its name, its end, and what it is limited to. Its role stays, and its secret too.',
      permission: 'keys:write',
      allowSuspended: true,
      rest: [{ method: 'PATCH', path: '/v1/api-keys/{keyId}', dialect: 'platform' }],
      errors: ['API_KEY_NOT_FOUND', 'PERMISSION_CEILING', 'INVALID_STATE'],
    })
    .input(updateApiKey)
    .output(apiKey)
    .mutation(({ ctx, input }) => ctx.apiKeys.update(ctx.call, input)),

  rotate: procedure
    .meta({
      summary: 'Rotate an API key',
      description:
        'Gives it a new secret, shown this once in `key`. The one of before works for a while too, so that both can be in use. Only its owner can rotate a key.',
      permission: 'keys:write',
      allowSuspended: true,
      rest: [{ method: 'POST', path: '/v1/api-keys/{keyId}/rotate', dialect: 'platform', noStore: true }],
      errors: ['API_KEY_NOT_FOUND', 'PERMISSION_CEILING', 'INVALID_STATE'],
    })
    .input(rotateApiKey)
    .output(newApiKey)
    .mutation(({ ctx, input }) => ctx.apiKeys.rotate(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Delete an API key',
      description: 'It opens nothing from the very next request on, and cannot be brought back.',
      permission: 'keys:write',
      allowSuspended: true,
      rest: [{ method: 'DELETE', path: '/v1/api-keys/{keyId}', dialect: 'platform' }],
      errors: ['API_KEY_NOT_FOUND'],
    })
    .input(changeApiKey)
    .output(apiKey)
    .mutation(({ ctx, input }) => ctx.apiKeys.remove(ctx.call, input)),

  report: procedure
    .meta({
      summary: 'Report leaked API keys',
      description:
        'For whoever finds keys where they should not be, with no credential: up to a thousand strings. Real keys stop to work at once. The answer is the same whether any was.',
      permission: 'anonymous',
      rest: [{ method: 'POST', path: '/v1/api-keys/report', dialect: 'platform', status: 202 }],
    })
    .input(leakReport)
    .output(leakReceipt)
    .mutation(({ ctx, input }) => ctx.leaks.report(ctx.call, input)),
});
