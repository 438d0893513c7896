import type ClientRepresentation from '@keycloak/keycloak-admin-client/lib/defs/clientRepresentation.js';
import { isIdOf } from '@plinth/contracts';
import type { AccountClient, AccountClients } from './account-clients.ts';
import { toRepresentation } from './keycloak-client.ts';
import { putClient, removeClient } from './keycloak-clients.ts';
import type { WithAdmin } from './keycloak-connection.ts';

// Clients of service accounts at a Keycloak. What Keycloak calls a service account, a user behind the client, comes and
// goes with it, and holds no role: what the account may do is in our own table.

const isOurs = ({ clientId = '' }: ClientRepresentation): boolean => isIdOf('serviceAccount', clientId);

const representationOf = (client: AccountClient): ClientRepresentation => ({
  ...toRepresentation({ ...client, type: 'confidential', redirectUris: [], clientCredentials: true }),
  webOrigins: [],
  fullScopeAllowed: false,
  defaultClientScopes: ['basic', 'service_account'],
  optionalClientScopes: [],
});

export function createAccountClients(withAdmin: WithAdmin): AccountClients {
  return {
    put: (wanted) => withAdmin((client) => putClient(client, representationOf(wanted), isOurs)),
    async remove(id) {
      await withAdmin((client) => removeClient(client, id, isOurs));
    },
  };
}
