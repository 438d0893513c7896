import { procedure, router } from '../procedure.ts';
import { OF_CHANGE, OF_REALM, READ, WRITE } from '../realm/iam-meta.ts';
import {
  createUser,
  listUsers,
  realmUser,
  removedUser,
  setUserRoles,
  updateUser,
  userById,
  userPage,
  userRoles,
} from './user.schema.ts';

const USERS = '/v1/iam/realms/{realmId}/users';
const USER = `${USERS}/{userId}` as const;

const OF_READING = [...OF_REALM, 'CAPABILITY_UNAVAILABLE'] as const;
const OF_USER = [...OF_CHANGE, 'CAPABILITY_UNAVAILABLE', 'USER_NOT_FOUND'] as const;

export const userRouter = router({
  create: procedure
    .meta({
      ...WRITE,
      summary: 'Create a user',
      description: 'Somebody who signs in to the tenant’s apps, by address and password.',
      rest: [
        {
          method: 'POST',
          path: USERS,
          dialect: 'platform',
          status: 201,
          location: '/v1/iam/realms/{realmId}/users/{id}',
        },
      ],
      errors: [...OF_CHANGE, 'CAPABILITY_UNAVAILABLE', 'CONFLICT', 'BUSINESS_RULE_VIOLATED'],
    })
    .input(createUser)
    .output(realmUser)
    .mutation(({ ctx, input }) => ctx.users.create(ctx.call, input)),

  list: procedure
    .meta({
      ...READ,
      summary: 'List users',
      description: 'Those of the realm, by address.',
      rest: [{ method: 'GET', path: USERS, dialect: 'platform' }],
      errors: OF_READING,
    })
    .input(listUsers)
    .output(userPage)
    .query(({ ctx, input }) => ctx.users.list(ctx.call, input)),

  get: procedure
    .meta({
      ...READ,
      summary: 'Get a user',
      description: 'As the provider has it.',
      rest: [{ method: 'GET', path: USER, dialect: 'platform' }],
      errors: [...OF_READING, 'USER_NOT_FOUND'],
    })
    .input(userById)
    .output(realmUser)
    .query(({ ctx, input }) => ctx.users.get(ctx.call, input)),

  update: procedure
    .meta({
      ...WRITE,
      summary: 'Update a user',
      description: 'Changes what is given. A new password, or disabling, ends the user’s sessions.',
      rest: [{ method: 'PATCH', path: USER, dialect: 'platform' }],
      errors: [...OF_USER, 'BUSINESS_RULE_VIOLATED'],
    })
    .input(updateUser)
    .output(realmUser)
    .mutation(({ ctx, input }) => ctx.users.update(ctx.call, input)),

  remove: procedure
    .meta({
      ...WRITE,
      summary: 'Delete a user',
      description: 'With its sessions and roles. It cannot be undone.',
      rest: [{ method: 'DELETE', path: USER, dialect: 'platform' }],
      errors: OF_USER,
    })
    .input(userById)
    .output(removedUser)
    .mutation(({ ctx, input }) => ctx.users.remove(ctx.call, input)),

  roles: procedure
    .meta({
      ...READ,
      summary: 'Get the roles of a user',
      description: 'Their names, in order.',
      rest: [{ method: 'GET', path: `${USER}/roles`, dialect: 'platform' }],
      errors: [...OF_READING, 'USER_NOT_FOUND'],
    })
    .input(userById)
    .output(userRoles)
    .query(({ ctx, input }) => ctx.users.roles(ctx.call, input)),

  setRoles: procedure
    .meta({
      ...WRITE,
      summary: 'Set the roles of a user',
      description: 'These and no others; the tokens of the next sign-in or refresh carry them.',
      rest: [{ method: 'PUT', path: `${USER}/roles`, dialect: 'platform' }],
      errors: [...OF_USER, 'ROLE_NOT_FOUND'],
    })
    .input(setUserRoles)
    .output(userRoles)
    .mutation(({ ctx, input }) => ctx.users.setRoles(ctx.call, input)),
});
