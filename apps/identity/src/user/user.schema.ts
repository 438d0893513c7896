import { displayName, pageOf, pageQuery } from '@plinth/contracts';
import { z } from 'zod';
import { PASSWORD_POLICY } from '../provider/provider.ts';
import { realmId } from '../realm/realm.schema.ts';
import { roleName } from '../role/role.schema.ts';

const MOST_ROLES = 100;
const { minLength, maxLength } = PASSWORD_POLICY;

const userId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of a user')
  .meta({
    description: 'The user: the `sub` of its tokens.',
    example: '5f0c1a52-8a3e-4d6b-9a57-3f1c2b7d9e10',
  });

const email = z
  .email()
  .max(254)
  .toLowerCase()
  .meta({ description: 'The address that the user signs in with.', example: 'grace@example.com' });

const fields = {
  displayName: displayName.meta({ description: 'The name of the user.', example: 'Grace Hopper' }),
  emailVerified: z
    .boolean()
    .meta({ description: 'Whether the address is known to be theirs.', example: false }),
  enabled: z.boolean().meta({ description: 'Whether the user can sign in.', example: true }),
};

const password = z
  .string()
  .min(minLength)
  .max(maxLength)
  .meta({ description: 'To sign in with. It is never shown.', example: 'a password of twelve or more' });

const roles = z
  .array(roleName)
  .max(MOST_ROLES)
  .refine((list) => new Set(list).size === list.length, 'names a role twice')
  .meta({ description: 'The names of the roles of the user.', example: ['editor'] });

export const realmUser = z
  .object({
    id: userId,
    realmId,
    email,
    ...fields,
    displayName: fields.displayName.nullable(),
    createdAt: z.iso
      .datetime()
      .meta({ description: 'When it was created.', example: '2026-01-15T10:00:00.000Z' }),
  })
  .meta({ id: 'RealmUser', description: 'Somebody who signs in to the apps of a tenant.' });

export const userPage = pageOf(realmUser).meta({ id: 'RealmUserPage', description: 'A page of users.' });

export const removedUser = z
  .object({ id: userId, deleted: z.literal(true).meta({ description: 'It is gone.', example: true }) })
  .meta({ id: 'RemovedRealmUser', description: 'The user that was deleted.' });

export const userRoles = z
  .object({ id: userId, roles })
  .meta({ id: 'RealmUserRoles', description: 'The roles of a user.' });

export const createUser = z
  .strictObject({
    realmId,
    email,
    displayName: fields.displayName.optional(),
    emailVerified: fields.emailVerified.default(false),
    enabled: fields.enabled.default(true),
    password: password.optional(),
  })
  .refine((input) => input.password?.toLowerCase() !== input.email, {
    path: ['password'],
    message: 'must not be the address itself',
  });

export const listUsers = z.strictObject({
  realmId,
  email: email.optional().meta({ description: 'Only the user with this address.' }),
  ...pageQuery,
});

export const userById = z.strictObject({ realmId, userId });

export const updateUser = z.strictObject({
  realmId,
  userId,
  displayName: fields.displayName.optional(),
  emailVerified: fields.emailVerified.optional(),
  enabled: fields.enabled.optional(),
  password: password.optional(),
});

export const setUserRoles = z.strictObject({ realmId, userId, roles });

export type User = z.output<typeof realmUser>;
export type CreateUser = z.output<typeof createUser>;
export type ListUsers = z.output<typeof listUsers>;
export type UserById = z.output<typeof userById>;
export type UpdateUser = z.output<typeof updateUser>;
export type UserRoles = z.output<typeof userRoles>;
export type SetUserRoles = z.output<typeof setUserRoles>;
