import type { ErrorCode } from '@plinth/contracts';
import { procedure, router } from '../procedure.ts';
import {
  changedTable,
  createTable,
  listTables,
  removedTable,
  removeTable,
  table,
  tableByName,
  tablePage,
  updateTable,
} from './table.schema.ts';

/** What Postgres can refuse of a change to a table. */
export const CHANGE_ERRORS = [
  'TABLE_NOT_FOUND',
  'TABLE_EXISTS',
  'COLUMN_NOT_FOUND',
  'COLUMN_EXISTS',
  'NOT_FOUND',
  'INVALID_VALUE',
  'INVALID_PATTERN',
  'CONSTRAINT_VIOLATION',
  'UNIQUE_VIOLATION',
  'FOREIGN_KEY_VIOLATION',
  'BUSINESS_RULE_VIOLATED',
  'CONFLICT',
  'LOCKED',
  'STATEMENT_TIMEOUT',
] as const satisfies readonly ErrorCode[];

export const tableRouter = router({
  create: procedure
    .meta({
      summary: 'Create a table',
      description:
        'With its columns, keys and defaults, in one transaction. Its rows are for members and API keys at first; policies say which of them end users see.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [
        {
          method: 'POST',
          path: '/v1/postgres/{workspaceId}/tables',
          dialect: 'platform',
          status: 201,
        },
      ],
      errors: CHANGE_ERRORS,
    })
    .input(createTable)
    .output(changedTable)
    .mutation(({ ctx, input }) => ctx.tables.create(ctx.call, input)),

  list: procedure
    .meta({
      summary: 'List tables',
      description: 'With their columns, the newest first.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: '/v1/postgres/{workspaceId}/tables', dialect: 'platform' }],
    })
    .input(listTables)
    .output(tablePage)
    .query(({ ctx, input }) => ctx.tables.list(ctx.call, input)),

  get: procedure
    .meta({
      summary: 'Get a table',
      description: 'With its columns, their defaults and what they refer to.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: '/v1/postgres/{workspaceId}/tables/{table}', dialect: 'platform' }],
      errors: ['TABLE_NOT_FOUND'],
    })
    .input(tableByName)
    .output(table)
    .query(({ ctx, input }) => ctx.tables.get(ctx.call, input.table)),

  update: procedure
    .meta({
      summary: 'Update a table',
      description:
        'Renames it, and adds, changes and drops columns: all that is given, in one transaction, or nothing of it.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [{ method: 'PATCH', path: '/v1/postgres/{workspaceId}/tables/{table}', dialect: 'platform' }],
      errors: CHANGE_ERRORS,
    })
    .input(updateTable)
    .output(changedTable)
    .mutation(({ ctx, input }) => ctx.tables.update(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Delete a table',
      description: 'With all of its rows. What depends on it stands in the way, unless that is to go too.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [{ method: 'DELETE', path: '/v1/postgres/{workspaceId}/tables/{table}', dialect: 'platform' }],
      errors: ['TABLE_NOT_FOUND', 'CONFLICT', 'LOCKED', 'STATEMENT_TIMEOUT'],
    })
    .input(removeTable)
    .output(removedTable)
    .mutation(({ ctx, input }) => ctx.tables.remove(ctx.call, input)),
});
