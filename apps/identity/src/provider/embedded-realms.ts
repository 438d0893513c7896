import { AppError } from '@plinth/contracts';
import type { IssuerRealms, RealmClient as IssuerRealmClient } from '@plinth/embedded';
import type { RealmAdmin, RealmClient } from './realm-admin.ts';

// Realms of tenants at the built-in provider: enough to try out what a tenant's app will do. Whatever needs a real
// administration says so.

const unavailable = async (what: string): Promise<never> => {
  throw new AppError('CAPABILITY_UNAVAILABLE', {
    message: `The embedded identity provider cannot ${what}; run Plinth with a Keycloak (IDENTITY_PROVIDER=keycloak)`,
    details: { provider: 'embedded' },
  });
};

const toClient = ({ isConfidential, grants, ...rest }: IssuerRealmClient): RealmClient => ({
  id: rest.id,
  name: rest.name,
  type: isConfidential ? 'confidential' : 'public',
  redirectUris: rest.redirectUris,
  clientCredentials: grants.includes('client_credentials'),
  createdAt: rest.createdAt,
});

export function createEmbeddedRealms(realms: IssuerRealms): RealmAdmin {
  return {
    backend: 'embedded',
    ensureRealm: ({ name }) => realms.ensure(name),
    setEnabled: ({ name }, enabled) => realms.setEnabled(name, enabled),
    listClients: async ({ name }) => (await realms.listClients(name)).map(toClient),
    async findClient({ name }, id) {
      const client = await realms.findClient(name, id);
      return client && toClient(client);
    },
    async putClient({ name: realm }, { id, name, redirectUris, clientCredentials, secret }) {
      const grants = [
        ...(redirectUris.length > 0 ? (['authorization_code', 'refresh_token'] as const) : []),
        ...(clientCredentials ? (['client_credentials'] as const) : []),
      ];
      return toClient(await realms.putClient(realm, { id, name, grants, redirectUris, secret }));
    },
    updateClient: () => unavailable('change a client'),
    setClientSecret: () => unavailable('give a client a new secret'),
    removeClient: ({ name }, id) => realms.removeClient(name, id),
    listRoles: async () => [],
    findRole: async () => undefined,
    makeRole: () => unavailable('make a role'),
    describeRole: () => unavailable('change a role'),
    removeRole: () => unavailable('delete a role'),
    listUsers: () => unavailable('administer the users of a realm'),
    findUser: () => unavailable('administer the users of a realm'),
    makeUser: () => unavailable('administer the users of a realm'),
    updateUser: () => unavailable('administer the users of a realm'),
    removeUser: () => unavailable('administer the users of a realm'),
    rolesOfUser: () => unavailable('administer the users of a realm'),
    setRolesOfUser: () => unavailable('administer the users of a realm'),
  };
}
