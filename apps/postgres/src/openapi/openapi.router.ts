import { procedure, router } from '../procedure.ts';
import { DOCUMENT } from './openapi.document.ts';
import { documentOf, workspaceDocument } from './openapi.schema.ts';

export const openapiRouter = router({
  get: procedure
    .meta({
      summary: 'Get the document of a workspace',
      description:
        'Its tables, views and functions as OpenAPI 3.1: what the caller may do to them, their columns with types, defaults and comments, what functions take and return. What the caller may not use is not in it. A changed table is in it within a second.',
      permission: 'rows:read',
      capability: 'postgres',
      rest: [
        {
          method: 'GET',
          path: '/v1/postgres/{workspaceId}/openapi.json',
          dialect: 'platform',
          native: DOCUMENT,
        },
      ],
    })
    .input(documentOf)
    .output(workspaceDocument)
    .query(({ ctx, input }) => ctx.openapi.get(ctx.call, input)),
});
