import { pageOf, pageQuery } from '@plinth/contracts';
import { z } from 'zod';
import { realmId } from '../realm/realm.schema.ts';

export const roleName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/,
    'must be letters, digits and . _ : - and begin with one of the first two',
  )
  .meta({ description: 'Its name, which tokens carry in `realm_access.roles`.', example: 'editor' });

const description = z
  .string()
  .trim()
  .max(255)
  .meta({ description: 'What it is for.', example: 'May change articles' });

export const role = z
  .object({ realmId, name: roleName, description })
  .meta({ id: 'RealmRole', description: 'A role that users of the realm can have.' });

export const rolePage = pageOf(role).meta({ id: 'RealmRolePage', description: 'A page of roles.' });

export const removedRole = z
  .object({ name: roleName, deleted: z.literal(true).meta({ description: 'It is gone.', example: true }) })
  .meta({ id: 'RemovedRealmRole', description: 'The role that was deleted.' });

export const createRole = z.strictObject({ realmId, name: roleName, description: description.default('') });
export const listRoles = z.strictObject({ realmId, ...pageQuery });
export const roleByName = z.strictObject({ realmId, roleName });
export const updateRole = z.strictObject({ realmId, roleName, description });

export type Role = z.output<typeof role>;
export type CreateRole = z.output<typeof createRole>;
export type ListRoles = z.output<typeof listRoles>;
export type RoleByName = z.output<typeof roleByName>;
export type UpdateRole = z.output<typeof updateRole>;
