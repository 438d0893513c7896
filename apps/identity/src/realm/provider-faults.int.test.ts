import { createServer, type RequestListener } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { listen } from '../testing/listen.ts';
import { newRealm } from '../testing/realms.ts';

// A Keycloak that is not well.

let identity: Identity;
let answer: RequestListener;
const hang: RequestListener = () => undefined;
const fail: RequestListener = (_, response) => response.writeHead(500).end('{"error":"inner workings"}');
const server = createServer((request, response) => answer(request, response));

beforeAll(async () => {
  identity = await startIdentity({
    IDENTITY_PROVIDER: 'keycloak',
    KEYCLOAK_URL: `http://127.0.0.1:${await listen(server)}`,
    KEYCLOAK_ADMIN_CLIENT_SECRET: 'secret',
  });
});
afterAll(async () => {
  await identity.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answer = fail;
});

const STOREFRONT = { name: 'Storefront', redirectUris: ['https://shop.example.com/'] };

const create = ({ owner, url }: Awaited<ReturnType<typeof newRealm>>, key: string) =>
  identity.send(owner, {
    method: 'POST',
    url: `${url}/clients`,
    payload: STOREFRONT,
    headers: { 'idempotency-key': key },
  });

/** A realm that was made before. */
async function madeRealm() {
  const realm = await newRealm(identity);
  await identity.database.query(
    'update realm set enabled_at_provider = true, locked_until = null where id = $1',
    [realm.realm.id],
  );
  return realm;
}

test('a realm that could not be made yet is shown as pending, and used by nobody', async () => {
  const realm = await newRealm(identity);
  expect(realm.realm.status).toBe('pending');
  const { status, headers, body } = await create(realm, 'pending');
  expect([status, headers['retry-after'], body.error.code]).toEqual([503, '1', 'AUTH_UNAVAILABLE']);
  expect(JSON.stringify(body)).not.toContain('inner workings');
});

test('one that hangs is given up within five seconds, whether the realm is made or not', async () => {
  const realms = [await madeRealm(), await newRealm(identity)];
  answer = hang;
  const began = Date.now();
  const answers = await Promise.all(realms.map((realm) => create(realm, 'hanging')));
  expect(Date.now() - began).toBeLessThan(5_000);
  for (const { status, body } of answers)
    expect([status, body.error.code]).toEqual([503, 'AUTH_UNAVAILABLE']);
});

test.each<[string, RequestListener]>([
  ['fails', fail],
  ['answers no JSON', (_, response) => response.end('<html>inner workings')],
  ['lets nobody in', (_, response) => response.writeHead(403).end('{"error":"inner workings"}')],
  [
    'refuses what it is asked for',
    ({ url = '' }, response) =>
      url.endsWith('/token')
        ? response.end('{"access_token":"token","token_type":"Bearer","expires_in":300}')
        : response.writeHead(409).end('{"errorMessage":"inner workings"}'),
  ],
])('one that %s is unavailable, and its text stays inside', async (_, listener) => {
  const realm = await madeRealm();
  answer = listener;
  const { owner, url } = realm;
  const answers = [
    await create(realm, 'failing'),
    await identity.send(owner, { method: 'GET', url: `${url}/clients` }),
    await identity.send(owner, { method: 'GET', url: `${url}/roles` }),
    await identity.send(owner, { method: 'GET', url: `${url}/users` }),
  ];
  for (const { status, body } of answers) {
    expect([status, body.error.code]).toEqual([503, 'AUTH_UNAVAILABLE']);
    expect(JSON.stringify(body)).not.toContain('inner workings');
  }
});

test('a request that failed is tried anew with the same key', async () => {
  const realm = await madeRealm();
  const clients: string[] = [];
  const first = await create(realm, 'anew');
  expect(first.status).toBe(503);
  answer = ({ url = '', method }, response) => {
    if (url.endsWith('/token')) {
      response.end('{"access_token":"token","token_type":"Bearer","expires_in":300}');
    } else if (method === 'POST') {
      clients.push(url);
      response.writeHead(201, { location: `${url}/1` }).end();
    } else response.end('[]');
  };
  const second = await create(realm, 'anew');
  expect([second.status, second.headers['x-idempotency-replayed']]).toEqual([201, undefined]);
  const third = await create(realm, 'anew');
  expect([third.status, third.headers['x-idempotency-replayed']]).toEqual([201, 'true']);
  expect(clients).toHaveLength(1);
});
