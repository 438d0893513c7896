import { ROBOT, startIdentity } from '../testing/harness.ts';
import { createKeycloakProvider } from './keycloak.ts';
import { providerContract } from './provider.contract.ts';

providerContract('embedded', async () => {
  const { deps, issuerUrl, close } = await startIdentity();
  return { provider: deps.provider, issuerUrl, robot: ROBOT, stop: close };
});

const {
  PLINTH_TEST_KEYCLOAK_URL: url,
  PLINTH_TEST_KEYCLOAK_REALM: realm = '',
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_ID: clientId = '',
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_SECRET: clientSecret = '',
  // biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Keycloak.
} = process.env;

if (url) {
  providerContract('keycloak', async () => {
    const issuerUrl = `${url}/realms/${realm}`;
    const provider = createKeycloakProvider({ url, realm, issuerUrl, admin: { clientId, clientSecret } });
    const robot = { client_id: clientId, client_secret: clientSecret };
    return { provider, issuerUrl, robot, stop: provider.close };
  });
}
