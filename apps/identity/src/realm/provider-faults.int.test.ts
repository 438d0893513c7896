import { createServer, type RequestListener } from 'node:http';
import { elapsed, testMember } from '@plinth/testing';
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

const GOOD_TOKEN = '{"access_token":"token","token_type":"Bearer","expires_in":300}';
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
  const asked = Promise.all(realms.map((realm) => create(realm, 'hanging')));
  expect(await elapsed(() => asked)).toBeLessThan(5_000);
  for (const { status, body } of await asked)
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
        ? response.end(GOOD_TOKEN)
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
      response.end(GOOD_TOKEN);
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

/** A Keycloak that keeps clients by their `clientId`, and what was asked of it. */
function keepClients() {
  const kept = new Map<string, unknown>();
  const keep: RequestListener = async (request, response) => {
    const { url = '', method } = request;
    const text = (await request.setEncoding('utf8').toArray()).join('');
    if (url.endsWith('/token')) return response.end(GOOD_TOKEN);
    const { pathname, searchParams } = new URL(url, 'http://keycloak');
    if (method === 'POST') {
      const client = JSON.parse(text);
      kept.set(client.clientId, { ...client, id: client.clientId });
      return response.writeHead(201, { location: `${url}/${client.clientId}` }).end();
    }
    if (method === 'DELETE') {
      kept.delete(pathname.slice(pathname.lastIndexOf('/') + 1));
      return response.writeHead(204).end();
    }
    const found = kept.get(searchParams.get('clientId') ?? '');
    return response.end(JSON.stringify(found ? [found] : []));
  };
  return { kept, keep };
}

async function newAccount() {
  const owner = testMember('owner');
  const payload = { name: 'Loader', role: 'general:read' };
  const { body } = await identity.send(owner, { method: 'POST', url: '/v1/service-accounts', payload });
  const url = `/v1/service-accounts/${body.id}`;
  const send = (method: 'GET' | 'POST' | 'DELETE', path = '', key = 'anew') =>
    identity.send(owner, { method, url: `${url}${path}`, headers: { 'idempotency-key': key } });
  return { id: String(body.id), send };
}

test('the client of a service account that could not be made is made by a repeat, with the same secret', async () => {
  const { send, id } = await newAccount();
  const first = await send('POST', '/client');
  expect([first.status, first.body.error.code]).toEqual([503, 'AUTH_UNAVAILABLE']);
  expect((await send('GET')).body.clientId).toBeNull();
  const { kept, keep } = keepClients();
  answer = keep;
  const second = await send('POST', '/client');
  expect(second.status, JSON.stringify(second.body)).toBe(201);
  expect(kept.get(id)).toMatchObject({
    secret: second.body.clientSecret,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    directAccessGrantsEnabled: false,
    implicitFlowEnabled: false,
    fullScopeAllowed: false,
  });
  const third = await send('POST', '/client');
  expect(third.headers['x-idempotency-replayed']).toBe('true');
  expect(third.body).toEqual(second.body);
});

test('a service account and its client end here while the provider is away, and there when it is back', async () => {
  for (const path of ['', '/client']) {
    const { send, id } = await newAccount();
    const { kept, keep } = keepClients();
    answer = keep;
    expect((await send('POST', '/client')).status).toBe(201);
    answer = fail;
    const ended = await send('DELETE', path);
    expect([ended.status, ended.body.clientId]).toEqual([200, null]);
    expect(kept.has(id)).toBe(true);
    answer = keep;
    // Whoever fails to tell the provider has the lock for a while, and may be about to take it.
    const isKept = async () => {
      await identity.database.query('update service_account set client_locked_until = now() where id = $1', [
        id,
      ]);
      await identity.deps.services.accountClients.sweep();
      return kept.has(id);
    };
    await expect.poll(isKept).toBe(false);
  }
});
