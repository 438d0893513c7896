import { procedure, router } from '../procedure.ts';
import {
  changedType,
  createType,
  enumType,
  listTypes,
  removedType,
  removeType,
  typeByName,
  typePage,
  updateType,
} from './type.schema.ts';

const TYPES = '/v1/postgres/{workspaceId}/types';
const TYPE = `${TYPES}/{type}`;

export const typeRouter = router({
  list: procedure
    .meta({
      summary: 'List types',
      description: 'The types with few values, by their names, all on one page.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: TYPES, dialect: 'platform' }],
    })
    .input(listTypes)
    .output(typePage)
    .query(({ ctx }) => ctx.types.list(ctx.call)),

  get: procedure
    .meta({
      summary: 'Get a type',
      description: 'With its values, in their order.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: TYPE, dialect: 'platform' }],
      errors: ['TYPE_NOT_FOUND'],
    })
    .input(typeByName)
    .output(enumType)
    .query(({ ctx, input }) => ctx.types.get(ctx.call, input)),

  create: procedure
    .meta({
      summary: 'Create a type',
      description: 'One with few values, each of which has a name. Columns are of it by `{"enum": "mood"}`.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [{ method: 'POST', path: TYPES, dialect: 'platform', status: 201 }],
      errors: ['CONFLICT', 'LOCKED', 'STATEMENT_TIMEOUT'],
    })
    .input(createType)
    .output(changedType)
    .mutation(({ ctx, input }) => ctx.types.create(ctx.call, input)),

  update: procedure
    .meta({
      summary: 'Update a type',
      description:
        'Renames it and its values, and gives it new ones. A value goes only with its type: Postgres takes none away.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [{ method: 'PATCH', path: TYPE, dialect: 'platform' }],
      errors: ['TYPE_NOT_FOUND', 'INVALID_VALUE', 'CONFLICT', 'LOCKED', 'STATEMENT_TIMEOUT'],
    })
    .input(updateType)
    .output(changedType)
    .mutation(({ ctx, input }) => ctx.types.update(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Delete a type',
      description: 'One that columns are of stands as long as they do.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [{ method: 'DELETE', path: TYPE, dialect: 'platform' }],
      errors: ['TYPE_NOT_FOUND', 'CONFLICT', 'LOCKED', 'STATEMENT_TIMEOUT'],
    })
    .input(removeType)
    .output(removedType)
    .mutation(({ ctx, input }) => ctx.types.remove(ctx.call, input)),
});
