import { procedure, router } from '../procedure.ts';
import { OF_CHANGE, OF_REALM, READ, WRITE } from '../realm/iam-meta.ts';
import { createRole, listRoles, removedRole, role, roleByName, rolePage, updateRole } from './role.schema.ts';

const ROLES = '/v1/iam/realms/{realmId}/roles';
const ROLE = `${ROLES}/{roleName}` as const;

export const roleRouter = router({
  create: procedure
    .meta({
      ...WRITE,
      summary: 'Create a role',
      description: 'Tokens of the users who have it carry its name.',
      rest: [
        {
          method: 'POST',
          path: ROLES,
          dialect: 'platform',
          status: 201,
          location: '/v1/iam/realms/{realmId}/roles/{name}',
        },
      ],
      errors: [...OF_CHANGE, 'CONFLICT', 'CAPABILITY_UNAVAILABLE'],
    })
    .input(createRole)
    .output(role)
    .mutation(({ ctx, input }) => ctx.roles.create(ctx.call, input)),

  list: procedure
    .meta({
      ...READ,
      summary: 'List roles',
      description: 'Those that users of the realm can have, by name.',
      rest: [{ method: 'GET', path: ROLES, dialect: 'platform' }],
      errors: OF_REALM,
    })
    .input(listRoles)
    .output(rolePage)
    .query(({ ctx, input }) => ctx.roles.list(ctx.call, input)),

  get: procedure
    .meta({
      ...READ,
      summary: 'Get a role',
      description: 'As it is at the provider.',
      rest: [{ method: 'GET', path: ROLE, dialect: 'platform' }],
      errors: [...OF_REALM, 'ROLE_NOT_FOUND'],
    })
    .input(roleByName)
    .output(role)
    .query(({ ctx, input }) => ctx.roles.get(ctx.call, input)),

  update: procedure
    .meta({
      ...WRITE,
      summary: 'Update a role',
      description: 'Says anew what it is for. Its name stays what it is, for tokens carry it.',
      rest: [{ method: 'PATCH', path: ROLE, dialect: 'platform' }],
      errors: [...OF_CHANGE, 'ROLE_NOT_FOUND', 'CAPABILITY_UNAVAILABLE'],
    })
    .input(updateRole)
    .output(role)
    .mutation(({ ctx, input }) => ctx.roles.update(ctx.call, input)),

  remove: procedure
    .meta({
      ...WRITE,
      summary: 'Delete a role',
      description: 'Whoever had it has it no more; tokens carry it for as long as they live.',
      rest: [{ method: 'DELETE', path: ROLE, dialect: 'platform' }],
      errors: [...OF_CHANGE, 'ROLE_NOT_FOUND', 'CAPABILITY_UNAVAILABLE'],
    })
    .input(roleByName)
    .output(removedRole)
    .mutation(({ ctx, input }) => ctx.roles.remove(ctx.call, input)),
});
