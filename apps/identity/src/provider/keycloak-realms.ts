import { createClientAdmin } from './keycloak-clients.ts';
import { asUnavailable, createConnection, statusOf } from './keycloak-connection.ts';
import { createRealmRepresentation } from './keycloak-realm.ts';
import { createRoleAdmin } from './keycloak-roles.ts';
import { createUserAdmin } from './keycloak-users.ts';
import type { RealmAdmin } from './realm-admin.ts';

// Realms of tenants at a Keycloak. One credential, of the realm `master`, can make realms and do nothing else; whatever is
// done in a realm is done by that realm's own administrator, who is nobody in any other.

/** On a busy machine Keycloak takes seconds to make a realm. Nobody waits for all of them. */
const MAKING_MS = 25_000;
const MASTER = 'master';

interface KeycloakRealmsOptions {
  /** Keycloak's base URL, as this machine reaches it. */
  baseUrl: string;
  /** The client of `master` that may make realms. */
  maker: { clientId: string; clientSecret: string };
}

export function createKeycloakRealms({ baseUrl, maker }: KeycloakRealmsOptions): RealmAdmin {
  const { connect, within } = createConnection(baseUrl);
  const representationOf = createRealmRepresentation();

  return {
    backend: 'keycloak',
    ensureRealm(ref) {
      const make = async () => {
        const client = await connect({ realm: MASTER, ...maker }, MAKING_MS);
        try {
          await client.realms.create(representationOf(ref));
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
        }
      };
      return asUnavailable(make());
    },
    ...createClientAdmin(within),
    ...createRoleAdmin(within),
    ...createUserAdmin(within),
  };
}
