import KeycloakAdminClient, { NetworkError } from '@keycloak/keycloak-admin-client';
import { AppError } from '@plinth/contracts';
import { withinDeadline } from './deadline.ts';
import { createAccountClients } from './keycloak-accounts.ts';
import { createConnection } from './keycloak-connection.ts';
import { createKeycloakRealms } from './keycloak-realms.ts';
import { unavailable } from './oauth-errors.ts';
import type { IdentityProvider } from './provider.ts';
import { createRealmEndpoints } from './realm-endpoints.ts';

// A Keycloak that somebody else runs. Its administration goes by Keycloak's own client, under a token that is fetched
// through the same endpoint as everybody's, and so has its deadline.

const DEADLINE_MS = 4_000;

export interface KeycloakOptions {
  /** Keycloak's base URL, as this machine reaches it. */
  url: string;
  realm: string;
  issuerUrl: string;
  admin: { clientId: string; clientSecret: string };
}

export function createKeycloakProvider(options: KeycloakOptions): IdentityProvider {
  const { realm, issuerUrl, admin } = options;
  const baseUrl = options.url.replace(/\/$/, '');
  const endpoints = createRealmEndpoints({ url: `${baseUrl}/realms/${realm}`, issuerUrl });
  const client = new KeycloakAdminClient({ baseUrl, realmName: realm, timeout: DEADLINE_MS });
  client.registerTokenProvider({
    async getAccessToken() {
      const { access_token } = await endpoints.token({
        grant_type: 'client_credentials',
        client_id: admin.clientId,
        client_secret: admin.clientSecret,
      });
      return access_token;
    },
  });

  return {
    ...endpoints,
    backend: 'keycloak',
    realms: createKeycloakRealms({ baseUrl, maker: admin }),
    accountClients: createAccountClients(createConnection(baseUrl).withAdmin({ realm, ...admin })),
    async signOut(subject) {
      try {
        await withinDeadline(client.users.logout({ id: subject }), DEADLINE_MS);
      } catch (error) {
        // Who is not there any more is signed out.
        if (error instanceof NetworkError && error.response.status === 404) return;
        throw error instanceof AppError ? error : unavailable(error);
      }
    },
    async ensureUser({ email, password, displayName }) {
      const [known] = await client.users.find({ email, exact: true, max: 1 });
      if (known) return { created: false };
      try {
        await client.users.create({
          username: email,
          email,
          emailVerified: true,
          enabled: true,
          ...(displayName !== undefined && { firstName: displayName }),
          credentials: [{ type: 'password', value: password, temporary: false }],
        });
        return { created: true };
      } catch (error) {
        // Another replica was quicker.
        if (error instanceof NetworkError && error.response.status === 409) return { created: false };
        throw error;
      }
    },
  };
}
