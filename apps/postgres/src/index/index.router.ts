import { procedure, router } from '../procedure.ts';
import { tableByName } from '../table/table.schema.ts';
import {
  changedIndex,
  createIndex,
  indexByName,
  indexPage,
  removedIndex,
  removeIndex,
  tableIndex,
} from './index.schema.ts';

const INDEX = '/v1/postgres/{workspaceId}/tables/{table}/indexes/{index}';

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

  get: procedure
    .meta({
      summary: 'Get an index',
      description: 'Whether it is ready, and how far its build is.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: INDEX, dialect: 'platform' }],
      errors: ['TABLE_NOT_FOUND', 'INDEX_NOT_FOUND'],
    })
    .input(indexByName)
    .output(tableIndex)
    .query(({ ctx, input }) => ctx.indexes.get(ctx.call, input)),

  create: procedure
    .meta({
      summary: 'Create an index',
      description:
        'That of a table with more than a megabyte is built while rows are read and written. Where that takes more than some seconds, it is answered as `building`; one of each workspace is built at a time.',
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
      description:
        'One that belongs to a key of the table stays as long as that. One that is being built is given up.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [{ method: 'DELETE', path: INDEX, dialect: 'platform' }],
      errors: ['TABLE_NOT_FOUND', 'INDEX_NOT_FOUND', 'CONFLICT', 'LOCKED', 'STATEMENT_TIMEOUT'],
    })
    .input(removeIndex)
    .output(removedIndex)
    .mutation(({ ctx, input }) => ctx.indexes.remove(ctx.call, input)),
});
