import { procedure, router } from '../procedure.ts';
import { CHANGE_ERRORS } from '../table/table.router.ts';
import { changedTable, tableByName } from '../table/table.schema.ts';
import { columnPage, createColumn, removeColumn, updateColumn } from './column.schema.ts';

export const columnRouter = router({
  list: procedure
    .meta({
      summary: 'List the columns of a table',
      description: 'In the order of the table, all on one page.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [
        { method: 'GET', path: '/v1/postgres/{workspaceId}/tables/{table}/columns', dialect: 'platform' },
      ],
      errors: ['TABLE_NOT_FOUND'],
    })
    .input(tableByName)
    .output(columnPage)
    .query(({ ctx, input }) => ctx.columns.list(ctx.call, input)),

  create: procedure
    .meta({
      summary: 'Add a column to a table',
      description: 'The rows that are there get its default.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [
        {
          method: 'POST',
          path: '/v1/postgres/{workspaceId}/tables/{table}/columns',
          dialect: 'platform',
          status: 201,
        },
      ],
      errors: CHANGE_ERRORS,
    })
    .input(createColumn)
    .output(changedTable)
    .mutation(({ ctx, input }) => ctx.columns.create(ctx.call, input)),

  update: procedure
    .meta({
      summary: 'Update a column',
      description:
        'Changes what is given: its name, its type with the values of all rows, its default, who sees it.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [
        {
          method: 'PATCH',
          path: '/v1/postgres/{workspaceId}/tables/{table}/columns/{column}',
          dialect: 'platform',
        },
      ],
      errors: CHANGE_ERRORS,
    })
    .input(updateColumn)
    .output(changedTable)
    .mutation(({ ctx, input }) => ctx.columns.update(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Drop a column',
      description: 'With what all rows hold in it.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [
        {
          method: 'DELETE',
          path: '/v1/postgres/{workspaceId}/tables/{table}/columns/{column}',
          dialect: 'platform',
        },
      ],
      errors: ['TABLE_NOT_FOUND', 'COLUMN_NOT_FOUND', 'CONFLICT', 'LOCKED', 'STATEMENT_TIMEOUT'],
    })
    .input(removeColumn)
    .output(changedTable)
    .mutation(({ ctx, input }) => ctx.columns.remove(ctx.call, input)),
});
