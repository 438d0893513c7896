import type RoleRepresentation from '@keycloak/keycloak-admin-client/lib/defs/roleRepresentation.js';
import { orNothing, statusOf, type Within } from './keycloak-connection.ts';
import { MADE_BY } from './keycloak-realm.ts';
import type { RealmAdmin, RealmRef, RealmRole } from './realm-admin.ts';

/** Those that Keycloak gives every realm and every user. */
export const isBuiltIn = (realm: RealmRef, name: string): boolean =>
  name === 'offline_access' ||
  name === 'uma_authorization' ||
  name === `default-roles-${realm.name.toLowerCase()}`;

const fromRepresentation = ({ name = '', description = '' }: RoleRepresentation): RealmRole => ({
  name,
  description,
});

export const inOrder = (names: readonly string[]): string[] => [...names].sort((a, b) => (a < b ? -1 : 1));

type RoleAdmin = Pick<RealmAdmin, 'listRoles' | 'findRole' | 'makeRole' | 'describeRole' | 'removeRole'>;

export function createRoleAdmin(within: Within): RoleAdmin {
  return {
    listRoles: (ref) =>
      within(ref, async (client) => {
        const roles = (await client.roles.find()).map(fromRepresentation);
        const own = roles.filter(({ name }) => !isBuiltIn(ref, name));
        return own.sort((a, b) => (a.name < b.name ? -1 : 1));
      }),

    findRole: (ref, name) =>
      within(ref, async (client) => {
        const known = isBuiltIn(ref, name)
          ? undefined
          : await orNothing(client.roles.findOneByName({ name }));
        return known && fromRepresentation(known);
      }),

    makeRole: (ref, role, attempt) =>
      within(ref, async (client) => {
        try {
          await client.roles.create({ ...role, attributes: { [MADE_BY]: [attempt] } });
          return role;
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
          const known = await client.roles.findOneByName({ name: role.name });
          return known?.attributes?.[MADE_BY]?.[0] === attempt ? role : undefined;
        }
      }),

    describeRole: (ref, { name, description }) =>
      within(ref, async (client) => {
        const known = isBuiltIn(ref, name)
          ? undefined
          : await orNothing(client.roles.findOneByName({ name }));
        if (!known) return undefined;
        await client.roles.updateByName({ name }, { ...known, description });
        return { name, description };
      }),

    removeRole: (ref, name) =>
      within(ref, async (client) => {
        const known = isBuiltIn(ref, name)
          ? undefined
          : await orNothing(client.roles.findOneByName({ name }));
        if (!known) return false;
        await client.roles.delByName({ name });
        return true;
      }),
  };
}
