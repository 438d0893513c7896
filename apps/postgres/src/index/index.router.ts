import { procedure, router } from '../procedure.ts';
import { tableByName } from '../table/table.schema.ts';
import { changedIndex, createIndex, indexPage, removedIndex, removeIndex } from './index.schema.ts';

export const indexRouter = router({
  list: procedure
    .meta({
      summary: 'List the indexes of a table',
      description: 'Those of its keys among them, the oldest first, all on one page.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [
        { method: 'GET', path: '/v1/postgres/{workspaceId}/tables/{table}/indexes', dialect: 'platform' },
      ],
      errors: ['TABLE_NOT_FOUND'],
    })
    .input(tableByName)
    .output(indexPage)
    .query(({ ctx, input }) => ctx.indexes.list(ctx.call, input)),

  create: procedure
    .meta({
      summary: 'Create an index',
      description: 'Rows cannot be written while it is built, which a large table may take too long for.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [
        {
          method: 'POST',
          path: '/v1/postgres/{workspaceId}/tables/{table}/indexes',
          dialect: 'platform',
          status: 201,
        },
      ],
      errors: [
        'TABLE_NOT_FOUND',
        'COLUMN_NOT_FOUND',
        'TABLE_EXISTS',
        'INVALID_VALUE',
        'UNIQUE_VIOLATION',
        'CAPABILITY_UNAVAILABLE',
        'LOCKED',
        'STATEMENT_TIMEOUT',
      ],
    })
    .input(createIndex)
    .output(changedIndex)
    .mutation(({ ctx, input }) => ctx.indexes.create(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Drop an index',
      description: 'One that belongs to a key of the table stays as long as that.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [
        {
          method: 'DELETE',
          path: '/v1/postgres/{workspaceId}/tables/{table}/indexes/{index}',
          dialect: 'platform',
        },
      ],
      errors: ['TABLE_NOT_FOUND', 'INDEX_NOT_FOUND', 'CONFLICT', 'LOCKED', 'STATEMENT_TIMEOUT'],
    })
    .input(removeIndex)
    .output(removedIndex)
    .mutation(({ ctx, input }) => ctx.indexes.remove(ctx.call, input)),
});
