import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { newRealm } from '../testing/realms.ts';

let identity: Identity;
let realm: Awaited<ReturnType<typeof newRealm>>;
beforeAll(async () => {
  identity = await startIdentity();
  await identity.app.listen({ host: '127.0.0.1', port: identity.port });
  realm = await newRealm(identity);
});
afterAll(() => identity.close());

const STOREFRONT = { name: 'Storefront', redirectUris: ['https://shop.example.com/callback'] };
const BACKEND = { name: 'Backend', type: 'confidential', clientCredentials: true };

const post = (payload: object, headers = {}, { owner, url } = realm) =>
  identity.send(owner, { method: 'POST', url: `${url}/clients`, payload, headers });
const get = (path: string, { owner, url } = realm) =>
  identity.send(owner, { method: 'GET', url: `${url}${path}` });
const remove = (id: string, { owner, url } = realm) =>
  identity.send(owner, { method: 'DELETE', url: `${url}/clients/${id}` });
const codeOf = ({ status, body }: { status: number; body: { error?: { code: string } } }) => [
  status,
  body.error?.code,
];

async function tokenOf(client_id: string, client_secret: string, issuer = realm.realm.issuer) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, { method: 'POST', body });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

test('a public client has no secret, and is found, listed and deleted', async () => {
  const { status, headers, body } = await post(STOREFRONT);
  expect([status, headers.location]).toEqual([201, `${realm.url}/clients/${body.id}`]);
  expect(headers['cache-control']).toBe('no-store');
  const client = {
    id: expect.stringMatching(/^cli_[0-9A-Z]{26}$/),
    realmId: realm.realm.id,
    ...STOREFRONT,
    type: 'public',
    clientCredentials: false,
    createdAt: expect.any(String),
  };
  expect(body).toEqual({ ...client, clientSecret: null });
  expect((await get(`/clients/${body.id}`)).body).toEqual(client);
  expect((await get('/clients')).body.data).toContainEqual(client);

  expect(await remove(body.id)).toMatchObject({ status: 200, body: { id: body.id, deleted: true } });
  expect(codeOf(await remove(body.id))).toEqual([404, 'CLIENT_NOT_FOUND']);
  expect(codeOf(await get(`/clients/${body.id}`))).toEqual([404, 'CLIENT_NOT_FOUND']);
});

test('a confidential client gets tokens of its realm with the secret that was shown once', async () => {
  const { body } = await post(BACKEND);
  expect(body.clientSecret).toMatch(/^[\w-]{43}$/);
  const { status, body: tokens } = await tokenOf(body.id, body.clientSecret);
  expect(status, JSON.stringify(tokens)).toBe(200);
  expect(decodeJwt(tokens.access_token)).toMatchObject({
    iss: realm.realm.issuer,
    aud: 'plinth-api',
    azp: body.id,
  });
  expect((await tokenOf(body.id, 'another secret')).status).toBe(401);
  expect((await get(`/clients/${body.id}`)).body).not.toHaveProperty('clientSecret');

  const other = await newRealm(identity);
  expect((await tokenOf(body.id, body.clientSecret, other.realm.issuer)).status).toBe(401);
  expect((await tokenOf(body.id, body.clientSecret, identity.issuerUrl)).status).toBe(401);
  await remove(body.id);
  expect((await tokenOf(body.id, body.clientSecret)).status).toBe(401);
});

test('a repeat makes no second client and shows the same secret', async () => {
  const headers = { 'idempotency-key': 'client-once' };
  const [first, second] = [await post(BACKEND, headers), await post(BACKEND, headers)];
  expect(second.headers['x-idempotency-replayed']).toBe('true');
  expect(second.body).toEqual(first.body);
  const { body } = await get('/clients?limit=100');
  const same = body.data.filter(({ id }: { id: string }) => id === first.body.id);
  expect(same).toHaveLength(1);
  expect(codeOf(await post(STOREFRONT, headers))).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
});

test('a client belongs to its realm', async () => {
  const { body } = await post(STOREFRONT);
  const other = await newRealm(identity);
  expect(codeOf(await get(`/clients/${body.id}`, other))).toEqual([404, 'CLIENT_NOT_FOUND']);
  expect(codeOf(await remove(body.id, other))).toEqual([404, 'CLIENT_NOT_FOUND']);
  const trespass = { ...other, url: realm.url };
  expect(codeOf(await get('/clients', trespass))).toEqual([404, 'REALM_NOT_FOUND']);
  expect(codeOf(await post(STOREFRONT, {}, trespass))).toEqual([404, 'REALM_NOT_FOUND']);
  expect((await get(`/clients/${body.id}`)).status).toBe(200);
});

test('clients are listed in pages, the newest first', async () => {
  const fresh = await newRealm(identity);
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) ids.unshift((await post({ ...STOREFRONT, name }, {}, fresh)).body.id);
  const first = await get('/clients?limit=2', fresh);
  const second = await get(`/clients?limit=2&cursor=${first.body.pagination.nextCursor}`, fresh);
  const listed = [...first.body.data, ...second.body.data].map(({ id }) => id);
  expect(listed).toEqual(ids);
  expect(second.body.pagination.hasMore).toBe(false);
});

test.each([
  ['no way to be used', { name: 'A' }, 'redirectUris'],
  ['a wildcard', { ...STOREFRONT, redirectUris: ['https://shop.example.com/*'] }, 'redirectUris.0'],
  [
    'a URI twice',
    { ...STOREFRONT, redirectUris: ['https://a.example/', 'https://a.example/'] },
    'redirectUris',
  ],
  ['a public client with tokens of its own', { ...STOREFRONT, clientCredentials: true }, 'clientCredentials'],
  ['no name', { redirectUris: STOREFRONT.redirectUris }, 'name'],
  ['a secret of its own choice', { ...BACKEND, clientSecret: 'password' }, 'clientSecret'],
])('refuses %s', async (_, payload, path) => {
  const { status, body } = await post(payload);
  expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
  expect(body.error.details.fields[0].path).toBe(path);
});

test('what the embedded provider cannot do says what can', async () => {
  const { body: client } = await post(BACKEND);
  const { owner, url } = realm;
  const path = `${url}/clients/${client.id}`;
  const changed = await identity.send(owner, { method: 'PATCH', url: path, payload: { name: 'B' } });
  const rotated = await identity.send(owner, { method: 'POST', url: `${path}/secret` });
  for (const { status, body } of [changed, rotated]) {
    expect([status, body.error.code]).toEqual([422, 'CAPABILITY_UNAVAILABLE']);
    expect(body.error.message).toContain('Keycloak');
  }
  expect((await tokenOf(client.id, client.clientSecret)).status).toBe(200);
});

test('a realm begins with no roles of its own', async () => {
  const { status, body } = await get('/roles');
  expect([status, body.data]).toEqual([200, []]);
});

test('every change is on record, and no secret is', async () => {
  const { body: client } = await post(BACKEND);
  await remove(client.id);
  const rows = await identity.database.query<{ kind: string; payload: { action?: string; type?: string } }>(
    `select kind, payload from outbox
     where payload -> 'target' ->> 'id' = $1 or payload -> 'subject' ->> 'id' = $1 order by id`,
    [client.id],
  );
  const told = rows.map(({ kind, payload }) => `${kind} ${payload.action ?? payload.type}`);
  expect(told.sort()).toEqual([
    'audit client.create',
    'audit client.remove',
    'event client.created',
    'event client.deleted',
  ]);
  const text = JSON.stringify(rows);
  expect(text).not.toContain(client.clientSecret);
  expect(text).toContain(realm.tenant.id);
});

test('the database does not hold the secret of a client', async () => {
  const { body } = await post(BACKEND, { 'idempotency-key': 'sealed-client' });
  const [row] = await identity.database.query<{ text: string }>(
    `select (select string_agg(t::text, '') from issuer_client t) || (select string_agg(r::text, '') from idempotency_record r) as text`,
  );
  expect(row?.text).toContain(body.id);
  expect(row?.text).not.toContain(body.clientSecret);
  expect(row?.text).not.toContain(Buffer.from(body.clientSecret).toString('hex'));
});
