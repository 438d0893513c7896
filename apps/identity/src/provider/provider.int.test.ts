import { startIdentity } from '../testing/harness.ts';
import { createKeycloakProvider } from './keycloak.ts';
import { providerContract } from './provider.contract.ts';

providerContract('embedded', async () => {
  const { app, deps, port, issuerUrl, close } = await startIdentity();
  await app.listen({ host: '127.0.0.1', port });
  const redirectUri = `http://127.0.0.1:${port}/callback`;
  return { provider: deps.provider, issuerUrl, redirectUri, stop: close };
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
    const redirectUri = 'http://127.0.0.1:9/callback';
    return { provider, issuerUrl, redirectUri, stop: provider.close };
  });
}
