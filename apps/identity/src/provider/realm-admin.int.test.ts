import { startIdentity } from '../testing/harness.ts';
import { createKeycloakRealms } from './keycloak-realms.ts';
import { realmAdminContract } from './realm-admin.contract.ts';

realmAdminContract('embedded', async () => {
  const { app, deps, port, close } = await startIdentity();
  await app.listen({ host: '127.0.0.1', port });
  return { admin: deps.provider.realms, issuerBase: `http://127.0.0.1:${port}/realms`, stop: close };
});

const {
  PLINTH_TEST_KEYCLOAK_URL: url,
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_ID: clientId = '',
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_SECRET: clientSecret = '',
  // biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Keycloak.
} = process.env;

if (url) {
  realmAdminContract('keycloak', async () => ({
    admin: createKeycloakRealms({ baseUrl: url, maker: { clientId, clientSecret } }),
    issuerBase: `${url}/realms`,
    stop: async () => undefined,
  }));
}
