import type { Log } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { IssuerClient } from '@plinth/embedded';
import type { MasterKey } from '@plinth/passport';
import { SettingsError } from '@plinth/service';
import type { Settings } from '../env.ts';
import { createEmbeddedProvider } from './embedded.ts';
import { createKeycloakProvider } from './keycloak.ts';
import type { IdentityProvider } from './provider.ts';

// Which provider it is, by the settings alone.

interface Means {
  database: Database;
  masterKey: MasterKey;
  log: Log;
}

function embeddedClients({ DEFAULT_CLIENT_ID, ISSUER_URL, ...given }: Settings): IssuerClient[] {
  const { origin } = new URL(ISSUER_URL);
  const redirectUris = given.REDIRECT_URIS.length
    ? given.REDIRECT_URIS
    : [`${origin}/`, `${origin}/callback`];
  return [
    {
      id: DEFAULT_CLIENT_ID,
      grants: ['password', 'authorization_code', 'refresh_token'],
      redirectUris,
      postLogoutRedirectUris: redirectUris,
    },
  ];
}

export async function chooseProvider(settings: Settings, means: Means): Promise<IdentityProvider> {
  const { database, masterKey, log } = means;
  const { ISSUER_URL: issuerUrl } = settings;
  if (settings.IDENTITY_PROVIDER === 'embedded') {
    return createEmbeddedProvider({
      issuerUrl,
      database,
      masterSecret(purpose) {
        const [newest] = masterKey.derive(purpose);
        if (!newest) throw new Error('the master key has no version');
        return newest;
      },
      clients: embeddedClients(settings),
      log,
    });
  }
  const { KEYCLOAK_URL, KEYCLOAK_REALM, KEYCLOAK_ADMIN_CLIENT_ID, KEYCLOAK_ADMIN_CLIENT_SECRET } = settings;
  if (KEYCLOAK_URL === undefined || KEYCLOAK_ADMIN_CLIENT_SECRET === undefined) {
    throw new SettingsError(
      'IDENTITY_PROVIDER=keycloak needs KEYCLOAK_URL and KEYCLOAK_ADMIN_CLIENT_SECRET as well',
    );
  }
  return createKeycloakProvider({
    url: KEYCLOAK_URL,
    realm: KEYCLOAK_REALM,
    issuerUrl,
    admin: { clientId: KEYCLOAK_ADMIN_CLIENT_ID, clientSecret: KEYCLOAK_ADMIN_CLIENT_SECRET },
  });
}
