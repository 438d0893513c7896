import { pageOf, pageQuery } from '@plinth/contracts';
import { z } from 'zod';
import { realmId } from '../realm/realm.schema.ts';

export const role = z
  .object({
    name: z
      .string()
      .meta({ description: 'Its name, which tokens carry in `realm_access.roles`.', example: 'editor' }),
    description: z.string().meta({ description: 'What it is for.', example: 'May change articles' }),
  })
  .meta({ id: 'RealmRole', description: 'A role that users of the realm can have.' });

export const rolePage = pageOf(role).meta({ id: 'RealmRolePage', description: 'A page of roles.' });

export const listRoles = z.strictObject({ realmId, ...pageQuery });

export type RealmRoles = z.output<typeof rolePage>;
export type ListRoles = z.output<typeof listRoles>;
