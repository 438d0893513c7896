import type KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import type UserRepresentation from '@keycloak/keycloak-admin-client/lib/defs/userRepresentation.js';
import { AppError } from '@plinth/contracts';
import { orNothing, statusOf, type Within } from './keycloak-connection.ts';
import { MADE_BY } from './keycloak-realm.ts';
import { inOrder, isBuiltIn } from './keycloak-roles.ts';
import type { NewRealmUser, RealmAdmin, RealmRef, RealmUser, UserChanges } from './realm-admin.ts';

const fromRepresentation = (user: UserRepresentation): RealmUser => ({
  id: user.id ?? '',
  email: user.email ?? '',
  displayName: user.firstName ?? null,
  emailVerified: user.emailVerified ?? false,
  enabled: user.enabled ?? false,
  createdAt: new Date(user.createdTimestamp ?? 0).toISOString(),
});

const credentialsOf = (password: string): UserRepresentation => ({
  credentials: [{ type: 'password', value: password, temporary: false }],
});

const toRepresentation = (user: NewRealmUser, attempt: string): UserRepresentation => ({
  username: user.email,
  email: user.email,
  emailVerified: user.emailVerified,
  enabled: user.enabled,
  ...(user.displayName !== undefined && { firstName: user.displayName }),
  ...(user.password !== undefined && credentialsOf(user.password)),
  attributes: { [MADE_BY]: [attempt] },
});

const changed = (known: UserRepresentation, changes: UserChanges): UserRepresentation => ({
  ...known,
  ...(changes.displayName !== undefined && { firstName: changes.displayName }),
  ...(changes.emailVerified !== undefined && { emailVerified: changes.emailVerified }),
  ...(changes.enabled !== undefined && { enabled: changes.enabled }),
  ...(changes.password !== undefined && credentialsOf(changes.password)),
});

/** Of a service account there is no sign-in, and it is nobody's user. */
async function find(client: KeycloakAdminClient, id: string): Promise<UserRepresentation | undefined> {
  const known = await orNothing(client.users.findOne({ id }));
  return known && !known.username?.startsWith('service-account-') ? known : undefined;
}

async function findByEmail(
  client: KeycloakAdminClient,
  email: string,
): Promise<UserRepresentation | undefined> {
  const [known] = await client.users.find({ email, exact: true, max: 1 });
  return known;
}

/** What it does not take of a user's values, by its own rules: which one, it says in words of its own. */
async function asRefusal<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (statusOf(cause) !== 400) throw cause;
    const message =
      'The identity provider does not take these values: a password must not be the address itself';
    throw new AppError('BUSINESS_RULE_VIOLATED', { message, cause });
  }
}

async function rolesOf(client: KeycloakAdminClient, ref: RealmRef, id: string) {
  const roles = await client.users.listRealmRoleMappings({ id });
  return roles.filter(({ name = '' }) => !isBuiltIn(ref, name));
}

type Named = { id?: string; name?: string };
const payloadOf = (roles: readonly Named[]) => roles.map(({ id = '', name = '' }) => ({ id, name }));

type UserAdmin = Pick<
  RealmAdmin,
  'listUsers' | 'findUser' | 'makeUser' | 'updateUser' | 'removeUser' | 'rolesOfUser' | 'setRolesOfUser'
>;

export function createUserAdmin(within: Within): UserAdmin {
  return {
    listUsers: (ref, { email, first, max }) =>
      within(ref, async (client) => {
        const exactly = email === undefined ? {} : { email, exact: true };
        return (await client.users.find({ ...exactly, first, max })).map(fromRepresentation);
      }),

    findUser: (ref, id) =>
      within(ref, async (client) => {
        const known = await find(client, id);
        return known && fromRepresentation(known);
      }),

    makeUser: (ref, user, attempt) =>
      within(ref, async (client) => {
        try {
          await asRefusal(client.users.create(toRepresentation(user, attempt)));
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
        }
        const known = await findByEmail(client, user.email);
        return known?.attributes?.[MADE_BY]?.[0] === attempt ? fromRepresentation(known) : undefined;
      }),

    updateUser: (ref, id, changes) =>
      within(ref, async (client) => {
        const known = await find(client, id);
        if (!known) return undefined;
        const next = changed(known, changes);
        await asRefusal(client.users.update({ id }, next));
        if (changes.password !== undefined || changes.enabled === false) await client.users.logout({ id });
        return fromRepresentation(next);
      }),

    removeUser: (ref, id) =>
      within(ref, async (client) => {
        if (!(await find(client, id))) return false;
        await client.users.del({ id });
        return true;
      }),

    rolesOfUser: (ref, id) =>
      within(ref, async (client) => {
        if (!(await find(client, id))) return undefined;
        return inOrder((await rolesOf(client, ref, id)).map(({ name = '' }) => name));
      }),

    setRolesOfUser: (ref, id, names) =>
      within(ref, async (client) => {
        if (!(await find(client, id))) return undefined;
        const all = (await client.roles.find()).filter(({ name = '' }) => !isBuiltIn(ref, name));
        const missing = names.find((name) => !all.some((role) => role.name === name));
        if (missing !== undefined) {
          throw new AppError('ROLE_NOT_FOUND', { message: `Role ${missing} not found` });
        }
        const held = await rolesOf(client, ref, id);
        const isHeld = ({ name }: Named) => held.some((role) => role.name === name);
        const isWanted = ({ name = '' }: Named) => names.includes(name);
        const added = all.filter((role) => isWanted(role) && !isHeld(role));
        const taken = held.filter((role) => !isWanted(role));
        if (added.length > 0) await client.users.addRealmRoleMappings({ id, roles: payloadOf(added) });
        if (taken.length > 0) await client.users.delRealmRoleMappings({ id, roles: payloadOf(taken) });
        return inOrder(names);
      }),
  };
}
