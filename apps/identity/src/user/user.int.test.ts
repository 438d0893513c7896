import { testMember } from '@plinth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { newRealm } from '../testing/realms.ts';

let identity: Identity;
let realm: Awaited<ReturnType<typeof newRealm>>;
beforeAll(async () => {
  identity = await startIdentity();
  realm = await newRealm(identity);
});
afterAll(() => identity.close());

const GRACE = { email: 'grace@example.com', password: 'a password of Grace' };
const ID = '5f0c1a52-8a3e-4d6b-9a57-3f1c2b7d9e10';

test.each([
  ['GET', '/users', undefined],
  ['POST', '/users', GRACE],
  ['GET', `/users/${ID}`, undefined],
  ['PATCH', `/users/${ID}`, { enabled: false }],
  ['DELETE', `/users/${ID}`, undefined],
  ['GET', `/users/${ID}/roles`, undefined],
  ['PUT', `/users/${ID}/roles`, { roles: ['editor'] }],
  ['POST', '/roles', { name: 'editor' }],
  ['PATCH', '/roles/editor', { description: 'May change articles' }],
  ['DELETE', '/roles/editor', undefined],
] as const)('%s %s needs a Keycloak, and says so', async (method, path, payload) => {
  const request = { method, url: `${realm.url}${path}`, ...(payload && { payload }) };
  const { status, body } = await identity.send(realm.owner, request);
  expect([status, body.error.code]).toEqual([422, 'CAPABILITY_UNAVAILABLE']);
  expect(body.error.message).toContain('IDENTITY_PROVIDER=keycloak');
  const stranger = await identity.send(testMember('owner'), request);
  expect([stranger.status, stranger.body.error.code]).toEqual([404, 'REALM_NOT_FOUND']);
});

test.each([
  ['no address', { password: GRACE.password }, 'email'],
  ['an address that is none', { ...GRACE, email: 'grace' }, 'email'],
  ['a short password', { ...GRACE, password: 'short' }, 'password'],
  ['a password that is the address', { ...GRACE, password: 'Grace@Example.com' }, 'password'],
  ['an id of its own choice', { ...GRACE, id: ID }, 'id'],
])('refuses %s', async (_, payload, path) => {
  const { status, body } = await identity.send(realm.owner, {
    method: 'POST',
    url: `${realm.url}/users`,
    payload,
  });
  expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
  expect(body.error.details.fields[0].path).toBe(path);
});
