import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { as, uniqueSlug } from './api.ts';
import { activeRealmOf } from './realm.ts';

const REDIRECT_URI = 'http://127.0.0.1:9/callback';

let realm: Awaited<ReturnType<typeof activeRealmOf>>;
let endpoints: Record<string, string>;

const newTenant = async (plan: string): Promise<string> => {
  const { post } = await as('owner');
  const body = { slug: uniqueSlug('iam'), displayName: 'IAM', plan, adminEmail: 'admin@acme.example.com' };
  return (await post('/v1/tenants', { body })).body.id;
};

beforeAll(async () => {
  realm = await activeRealmOf(await newTenant('pro'));
  const configuration = await fetch(`${realm.issuer}/.well-known/openid-configuration`);
  endpoints = JSON.parse(await configuration.text());
});

test('a plan without the capability has no realm', async () => {
  const { get } = await as('owner');
  const { status, body } = await get(`/v1/iam/realms?tenantId=${await newTenant('starter')}`);
  expect([status, body.error.code]).toEqual([403, 'PLAN_CAPABILITY_REQUIRED']);
});

test('a server has tokens of the realm, which no member’s route takes', async () => {
  const { post, get } = await as('owner');
  const body = { name: 'Backend', type: 'confidential', clientCredentials: true };
  const client = await post(`/v1/iam/realms/${realm.id}/clients`, { body });
  expect(client.status, JSON.stringify(client.body)).toBe(201);
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client.body.id,
    client_secret: client.body.clientSecret,
  });
  const answer = await fetch(endpoints.token_endpoint ?? '', { method: 'POST', body: form });
  expect(answer.status).toBe(200);
  const { access_token } = JSON.parse(await answer.text());
  const headers = { authorization: `Bearer ${access_token}` };
  expect([401, 403]).toContain((await get('/v1/tenants', { headers })).status);
});

test('an app sends its users to sign in there, and nowhere else they come back to', async () => {
  const { post, remove } = await as('owner');
  const clients = `/v1/iam/realms/${realm.id}/clients`;
  const client = await post(clients, { body: { name: 'Storefront', redirectUris: [REDIRECT_URI] } });
  const authorize = async (redirect_uri: string) => {
    const code_challenge = createHash('sha256').update(randomBytes(32)).digest('base64url');
    const query = new URLSearchParams({
      client_id: client.body.id,
      response_type: 'code',
      redirect_uri,
      scope: 'openid',
      code_challenge,
      code_challenge_method: 'S256',
    });
    const url = `${endpoints.authorization_endpoint}?${query}`;
    return (await fetch(url, { redirect: 'manual' })).status;
  };
  // A page to sign in on, or the way to it.
  expect([200, 303]).toContain(await authorize(REDIRECT_URI));
  expect(await authorize('https://evil.example/callback')).toBe(400);
  expect((await remove(`${clients}/${client.body.id}`)).status).toBe(200);
  expect(await authorize(REDIRECT_URI)).toBe(400);
});
