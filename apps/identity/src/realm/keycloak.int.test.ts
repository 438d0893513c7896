import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signInByBrowser } from '../testing/browser.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { newRealm } from '../testing/realms.ts';

// A tenant's realm at a real Keycloak, from the first question to a user's tokens.

const {
  PLINTH_TEST_KEYCLOAK_URL: url = '',
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_ID: clientId = '',
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_SECRET: clientSecret = '',
  // biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Keycloak.
} = process.env;

const REDIRECT_URI = 'http://127.0.0.1:9/callback';
const GRACE = { email: 'grace@example.test', password: 'a password of Grace' };

describe.runIf(url)('a realm at a Keycloak', () => {
  let identity: Identity;
  let realm: Awaited<ReturnType<typeof newRealm>>;
  beforeAll(async () => {
    identity = await startIdentity({
      IDENTITY_PROVIDER: 'keycloak',
      KEYCLOAK_URL: url,
      ISSUER_URL: `${url}/realms/plinth`,
      KEYCLOAK_ADMIN_CLIENT_ID: clientId,
      KEYCLOAK_ADMIN_CLIENT_SECRET: clientSecret,
    });
    realm = await newRealm(identity);
  });
  afterAll(() => identity.close());

  /** A Keycloak under load takes its time to make a realm; who is told so asks again. */
  async function send(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, payload?: object) {
    for (let tries = 1; ; tries++) {
      const request = { method, url: `${realm.url}${path}`, ...(payload && { payload }) };
      const answer = await identity.send(realm.owner, request);
      if (answer.status !== 503 || tries === 60) return answer;
      await sleep(500);
    }
  }

  async function tokens(form: Record<string, string>) {
    const response = await fetch(`${realm.realm.issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  test('a user signs in with PKCE, and the tokens carry the roles', async () => {
    const client = await send('POST', '/clients', { name: 'Storefront', redirectUris: [REDIRECT_URI] });
    expect(client.status, JSON.stringify(client.body)).toBe(201);
    expect((await send('POST', '/roles', { name: 'editor' })).status).toBe(201);
    const user = await send('POST', '/users', { ...GRACE, displayName: 'Grace', emailVerified: true });
    expect(user.status, JSON.stringify(user.body)).toBe(201);
    const { id } = user.body;
    expect((await send('PUT', `/users/${id}/roles`, { roles: ['editor'] })).body.roles).toEqual(['editor']);

    const { issuer } = realm.realm;
    const grant = await signInByBrowser(issuer, REDIRECT_URI, GRACE, client.body.id);
    const { status, body } = await tokens(grant);
    expect(status, JSON.stringify(body)).toBe(200);
    const claims = decodeJwt(body.access_token);
    expect(claims).toMatchObject({ iss: issuer, sub: id, azp: client.body.id, email: GRACE.email });
    expect([claims.aud].flat()).toContain('plinth-api');
    expect(claims.realm_access).toMatchObject({ roles: expect.arrayContaining(['editor']) });

    const refresh = {
      grant_type: 'refresh_token',
      client_id: client.body.id,
      refresh_token: body.refresh_token,
    };
    const next = await tokens(refresh);
    expect(next.status).toBe(200);
    expect((await tokens(refresh)).status).toBe(400);

    const again = await tokens(await signInByBrowser(issuer, REDIRECT_URI, GRACE, client.body.id));
    expect((await send('PATCH', `/users/${id}`, { enabled: false })).status).toBe(200);
    expect((await tokens({ ...refresh, refresh_token: again.body.refresh_token })).status).toBe(400);
  });

  test('users are listed in pages, found by address, and deleted', async () => {
    for (const name of ['zoe', 'amy', 'joe']) {
      const { status } = await send('POST', '/users', { email: `${name}@pages.test` });
      expect(status).toBe(201);
    }
    const taken = await send('POST', '/users', { email: 'AMY@pages.test' });
    expect([taken.status, taken.body.error.code]).toEqual([409, 'CONFLICT']);
    const emails: string[] = [];
    let cursor = '';
    do {
      const { body } = await send('GET', `/users?limit=2${cursor}`);
      emails.push(...body.data.map(({ email }: { email: string }) => email));
      cursor = body.pagination.nextCursor ? `&cursor=${body.pagination.nextCursor}` : '';
    } while (cursor);
    const ours = emails.filter((email) => email.endsWith('@pages.test'));
    expect(ours).toEqual(['amy@pages.test', 'joe@pages.test', 'zoe@pages.test']);
    const { body } = await send('GET', '/users?email=joe@pages.test');
    expect(body.data).toHaveLength(1);
    const { id } = body.data[0];
    expect((await send('DELETE', `/users/${id}`)).body).toEqual({ id, deleted: true });
    expect((await send('GET', `/users/${id}`)).status).toBe(404);
  });

  test('a confidential client is changed, and the secret of before opens nothing', async () => {
    const payload = { name: 'Backend', type: 'confidential', clientCredentials: true };
    const { body: client } = await send('POST', '/clients', payload);
    const tokenWith = (client_secret: string) =>
      tokens({ grant_type: 'client_credentials', client_id: client.id, client_secret });
    expect((await tokenWith(client.clientSecret)).status).toBe(200);
    const changed = await send('PATCH', `/clients/${client.id}`, { name: 'Worker' });
    expect(changed.body).toMatchObject({ id: client.id, name: 'Worker', type: 'confidential' });
    const useless = await send('PATCH', `/clients/${client.id}`, { clientCredentials: false });
    expect([useless.status, useless.body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
    const { body: rotated } = await send('POST', `/clients/${client.id}/secret`);
    expect(rotated.clientSecret).not.toBe(client.clientSecret);
    expect((await tokenWith(client.clientSecret)).status).toBe(401);
    expect((await tokenWith(rotated.clientSecret)).status).toBe(200);

    const { body: storefront } = await send('POST', '/clients', {
      name: 'Storefront',
      redirectUris: [REDIRECT_URI],
    });
    const secretless = await send('POST', `/clients/${storefront.id}/secret`);
    expect([secretless.status, secretless.body.error.code]).toEqual([422, 'BUSINESS_RULE_VIOLATED']);
  });

  test.each([
    ['a capability that is taken away', { plan: 'starter' }, { plan: 'pro' }],
    ['a suspension', { suspended: true }, { suspended: false }],
  ] as const)('%s ends sign-ins, and its end brings them again', async (_, worse, better) => {
    const payload = { name: 'Backend', type: 'confidential', clientCredentials: true };
    const { body: client } = await send('POST', '/clients', payload);
    const status = async () =>
      (
        await tokens({
          grant_type: 'client_credentials',
          client_id: client.id,
          client_secret: client.clientSecret,
        })
      ).status;
    expect(await status()).toBe(200);
    Object.assign(realm.tenant, worse);
    const revocation = {
      id: JSON.stringify(worse),
      subjects: [`tenant:${realm.tenant.id}`],
      revokedAt: new Date().toISOString(),
    };
    await identity.internal('revocation.push', { revocations: [revocation] }, 'tenancy');
    await expect.poll(status).toBe(401);
    Object.assign(realm.tenant, better);
    expect((await send('GET', `/clients/${client.id}`)).status).toBe(200);
    expect(await status()).toBe(200);
  });
});
