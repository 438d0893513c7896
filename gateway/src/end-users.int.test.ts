import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '@plinth/contracts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  goodAccountClaims,
  goodClaims,
  rsaKey,
  signToken,
  startTestIssuer,
  type TestIssuer,
} from './authenticate/test-issuer.ts';
import { type FoundRealm, jwksUrlsOf } from './authenticate/realms.ts';
import { routesFor } from './routes.ts';
import {
  callerHeaders,
  ISSUER,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from './test-gateway.ts';

// Tenants have realms of their own. What their users bring is verified with the keys of exactly that realm, and lets them in
// to data routes only.

const REALM = 'https://id.example.com/realms/rlm_1';
const key = rsaKey('realm-key');
const strangerKey = rsaKey('realm-key');

let issuer: TestIssuer;
let upstream: TestUpstream;
let gateway: TestGateway;
const asked: string[] = [];
let answer: () => Promise<FoundRealm | undefined>;

beforeAll(async () => {
  issuer = await startTestIssuer([key]);
  upstream = await startUpstream();
  const [tenants] = routesFor('embedded').filter(({ prefix }) => prefix === '/v1/tenants');
  if (!tenants) throw new Error('the route that the test copies is gone');
  gateway = await startGateway({
    services: { tenancy: upstream.url },
    routes: [
      ...routesFor('embedded'),
      {
        ...tenants,
        prefix: '/v1/data',
        scope: [{ after: ['v1', 'data'], names: 'workspaceId' }],
        endUsers: true,
      },
    ],
    async findRealm(iss) {
      asked.push(iss);
      return iss.startsWith(REALM) ? answer() : undefined;
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await issuer.close();
});
beforeEach(() => {
  asked.length = 0;
  answer = async () => ({ id: 'rlm_1', jwksUrls: [issuer.url] });
});

const claims = (changes: object = {}) => ({
  ...goodClaims(REALM, Math.floor(Date.now() / 1_000)),
  azp: 'shop-frontend',
  role: 'customer',
  ...changes,
});
const headersOf = (token: string) => ({ ...callerHeaders(), authorization: `Bearer ${token}` });
const ask = (path: string, changes: object = {}, by = key) =>
  send(`${gateway.url}${path}`, { headers: headersOf(signToken(by, claims(changes))) });
const codeOf = ({ body }: { body: string }): string => JSON.parse(body).error.code;

test('an end user is let in to data, with what its token says of it', async () => {
  const answered = await ask('/v1/data/wks_1');
  expect(answered.status).toBe(200);
  const { token, scope } = gateway.exchanged.at(-1) ?? {};
  expect(scope).toEqual({ workspaceId: 'wks_1' });
  expect(token).toMatchObject({
    issuer: REALM,
    clientId: 'shop-frontend',
    endUser: { realmId: 'rlm_1', claims: { iss: REALM, role: 'customer', email: 'ada@example.com' } },
  });
  expect(token?.endUser?.claims).not.toHaveProperty('exp');
});

test('and nowhere else', async () => {
  for (const path of ['/v1/tenants', '/v1/me', '/v1/workspaces/wks_1', '/trpc/tenancy/tenant.list']) {
    const before = gateway.exchanged.length;
    const refused = await ask(path);
    expect(refused.status, path).toBe(403);
    expect(gateway.exchanged).toHaveLength(before);
  }
});

test.each([
  ['signed by another key', {}, strangerKey],
  ['for another audience', { aud: 'account' }, key],
  ['of an issuer that only begins alike', { iss: `${REALM}/` }, key],
  ['of an issuer that nobody knows', { iss: 'https://evil.example.com/realms/rlm_1' }, key],
  ['that has expired', { iat: 1_700_000_000, exp: 1_700_000_300 }, key],
  ['with more claims than fit', { bio: 'x'.repeat(5_000) }, key],
])('a token %s is refused', async (_, changes, by) => {
  answer = async () => ({ id: 'rlm_1', jwksUrls: [issuer.url] });
  if ('iss' in changes) answer = async () => undefined;
  expect((await ask('/v1/data/wks_1', changes, by)).status).toBe(401);
});

test('a client that is called as a service account is an end user’s in a realm, and nobody elsewhere', async () => {
  const azp = newId('serviceAccount');
  const own = { azp, client_id: azp, email: undefined };
  expect((await ask('/v1/data/wks_1', own)).status).toBe(200);
  const { token } = gateway.exchanged.at(-1) ?? {};
  expect(token).toMatchObject({ issuer: REALM, endUser: { realmId: 'rlm_1' } });
  const before = gateway.exchanged.length;
  for (const path of ['/v1/tenants', '/v1/me']) expect((await ask(path, own)).status, path).toBe(403);
  const forged = signToken(key, goodAccountClaims(ISSUER, Math.floor(Date.now() / 1_000), azp));
  const refused = await send(`${gateway.url}/v1/tenants`, { headers: headersOf(forged) });
  expect([refused.status, codeOf(refused)]).toEqual([401, 'TOKEN_INVALID']);
  expect(gateway.exchanged).toHaveLength(before);
});

test('an issuer is asked for once, known or not', async () => {
  for (let i = 0; i < 5; i++) await ask('/v1/data/wks_1', { iss: 'https://nobody.example.com' });
  await Promise.all(Array.from({ length: 5 }, () => ask('/v1/data/wks_1')));
  expect(asked.filter((iss) => iss === 'https://nobody.example.com')).toHaveLength(1);
  expect(asked.filter((iss) => iss === REALM).length).toBeLessThanOrEqual(1);
});

test('while nobody can tell of an issuer, it is not said to be wrong', async () => {
  answer = () => Promise.reject(new Error('identity is away'));
  const refused = await ask('/v1/data/wks_1', { iss: `${REALM}-new` });
  expect(refused.status).toBe(503);
  expect(codeOf(refused)).toBe('AUTH_UNAVAILABLE');
  answer = async () => ({ id: 'rlm_2', jwksUrls: [issuer.url] });
  await sleep(5);
  expect((await ask('/v1/data/wks_1', { iss: `${REALM}-new` })).status).toBe(200);
});

test('the keys of a realm are beside those of the platform', () => {
  const own = [
    'http://a:4001/realms/plinth/protocol/openid-connect/certs',
    'http://b:8080/realms/plinth/certs',
  ];
  expect(jwksUrlsOf('rlm_1', own)).toEqual([
    'http://a:4001/realms/rlm_1/protocol/openid-connect/certs',
    'http://b:8080/realms/rlm_1/certs',
  ]);
});
