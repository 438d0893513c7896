import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signInByBrowser } from '../testing/browser.ts';
import { ADA, type Identity, startIdentity } from '../testing/harness.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
  await identity.app.listen({ host: '127.0.0.1', port: identity.port });
});
afterAll(() => identity.close());

test('the provider answers on the public path without a passport, reading its bodies itself', async () => {
  const discovery = await fetch(`${identity.issuerUrl}/.well-known/openid-configuration`);
  expect(discovery.status).toBe(200);
  expect(await discovery.json()).toMatchObject({ issuer: identity.issuerUrl });

  const body = new URLSearchParams({
    grant_type: 'password',
    client_id: 'plinth-console',
    username: ADA.email,
    password: ADA.password,
  });
  const url = `${identity.issuerUrl}/protocol/openid-connect/token`;
  const tokens = await fetch(url, { method: 'POST', body });
  expect(tokens.status).toBe(200);
  expect(await tokens.json()).toMatchObject({ token_type: 'Bearer' });
});

test('what is no path of the provider is not found, and nothing else is open', async () => {
  const at = async (path: string) => (await fetch(`http://127.0.0.1:${identity.port}${path}`)).status;
  expect(await at('/realms/another/protocol/openid-connect/certs')).toBe(404);
  expect(await at('/realms')).toBe(401);
  expect(await at('/v1/me')).toBe(401);
});

test('a sign-in in the browser gives a code, and the token route gives its tokens once', async () => {
  const redirectUri = `http://127.0.0.1:${identity.port}/callback`;
  const grant = await signInByBrowser(identity.issuerUrl, redirectUri, ADA);
  const stolen = await identity.post('/v1/auth/token', { ...grant, code_verifier: 'v'.repeat(43) });
  expect([stolen.status, stolen.body.error.code]).toEqual([401, 'INVALID_GRANT']);

  const second = await signInByBrowser(identity.issuerUrl, redirectUri, ADA);
  const { status, body } = await identity.post('/v1/auth/token', second);
  expect(status, JSON.stringify(body)).toBe(200);
  expect(decodeJwt(body.access_token)).toMatchObject({ email: ADA.email, azp: 'plinth-console' });
  expect((await identity.post('/v1/auth/token', second)).status).toBe(401);
});
