import { createServer, type RequestListener } from 'node:http';
import { createHealth, type Readiness } from '@plinth/service';
import { elapsed, faultSuite, testMember } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiKeyRouter } from './api-key/api-key.router.ts';
import { router } from './procedure.ts';
import { ADA, type Identity, startIdentity } from './testing/harness.ts';
import { listen } from './testing/listen.ts';

const grant = { grant_type: 'password', username: ADA.email, password: ADA.password };
const exchange = {
  token: {
    issuer: 'https://issuer.example.test',
    subject: 'ada',
    email: ADA.email,
    emailVerified: true,
    clientId: 'plinth-console',
    issuedAt: Math.floor(Date.now() / 1_000),
    expiresAt: Math.floor(Date.now() / 1_000) + 300,
  },
  scope: {},
  organization: 'optional',
  service: 'tenancy',
} as const;

async function readiness({ deps }: Identity): Promise<{ status: number; body: Readiness }> {
  const { server } = createHealth({ service: 'identity', ...deps });
  const port = await listen(server);
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
  server.closeAllConnections();
  server.close();
  return { status: response.status, body: JSON.parse(await response.text()) };
}

describe('tenancy', () => {
  let identity: Identity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity.close());

  test('is there: everything is ready', async () => {
    const { status, body } = await readiness(identity);
    expect([status, body.status]).toEqual([200, 'ok']);
    expect(body.checks).toEqual({
      postgres: { status: 'ok', backend: 'postgres' },
      identityProvider: { status: 'ok', backend: 'embedded' },
      bootstrapUsers: { status: 'ok', backend: 'embedded' },
      tenancy: { status: 'ok', backend: 'tenancy' },
    });
  });

  test('is gone: no passport and no `me`, but sign-in goes on, and so does the service', async () => {
    await identity.tenancy.stop();
    const { status, body } = await identity.internal('passport.exchange', exchange);
    expect([status, body.error.data.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    const me = await identity.send(testMember(), { method: 'GET', url: '/v1/me' });
    expect([me.status, me.body.error.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(me.headers['retry-after']).toBe('1');
    expect((await identity.post('/v1/auth/token', grant)).status).toBe(200);
    const anonymous = { ...exchange, token: undefined };
    expect((await identity.internal('passport.exchange', anonymous)).status).toBe(200);
    const ready = await readiness(identity);
    expect([ready.status, ready.body.status]).toEqual([200, 'degraded']);
    expect(ready.body.checks.tenancy).toEqual({ status: 'down', backend: 'tenancy' });
  });
});

describe('a Keycloak', () => {
  let identity: Identity;
  let answer: RequestListener = () => undefined;
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

  test('that hangs is given up within five seconds, and so is such a tenancy', async () => {
    identity.tenancy.hang = true;
    const asked = Promise.all([
      identity.post('/v1/auth/token', grant),
      identity.internal('passport.exchange', exchange),
      readiness(identity),
    ]);
    expect(await elapsed(() => asked)).toBeLessThan(5_000);
    const [signIn, passport, ready] = await asked;
    expect([signIn.status, signIn.body.error.code]).toEqual([503, 'AUTH_UNAVAILABLE']);
    expect([passport.status, passport.body.error.data.code]).toEqual([504, 'UPSTREAM_TIMEOUT']);
    expect(ready.body).toMatchObject({
      status: 'degraded',
      checks: {
        identityProvider: { status: 'down', backend: 'keycloak' },
        tenancy: { status: 'down', backend: 'tenancy' },
      },
    });
  });

  test.each([
    ['fails', 500, '{"error":"unknown_error"}'],
    ['answers no JSON', 200, '<html>'],
    ['answers without tokens', 200, '{"access_token":7}'],
    ['answers an error that nobody knows', 400, '{"error":"strange","error_description":"inner workings"}'],
  ])('that %s is unavailable, and its text stays inside', async (_, status, text) => {
    answer = (_request, response) => response.writeHead(status).end(text);
    const refused = await identity.post('/v1/auth/token', grant);
    expect([refused.status, refused.body.error.code]).toEqual([503, 'AUTH_UNAVAILABLE']);
    expect(JSON.stringify(refused.body)).not.toContain('inner workings');
  });

  test('that asks to wait is passed on as such', async () => {
    answer = (_request, response) =>
      response.writeHead(429, { 'retry-after': '7' }).end('{"error":"temporarily_unavailable"}');
    const { status, headers, body } = await identity.post('/v1/auth/token', grant);
    expect([status, headers['retry-after'], body.error.code]).toEqual([429, '7', 'RATE_LIMITED']);
  });
});

describe('the database is gone', () => {
  let identity: Identity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity.close());

  faultSuite({
    router: router({ apiKey: apiKeyRouter }),
    send: (caller, request) => identity.send(caller, request),
    caller: () => testMember('owner'),
    dropDatabase: () => identity.dropDatabase(),
  });

  test('an API key is neither let in nor refused', async () => {
    const key = { id: '4fQ2xS7bWk9Z', owner: 'member', stage: 'live', digest: 'x' };
    const { status, body } = await identity.internal('passport.exchange', {
      ...exchange,
      token: undefined,
      key,
    });
    expect([status, body.error.data.code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
  });
});

test('without its database nothing is answered but a 503', async () => {
  const identity = await startIdentity();
  await identity.dropDatabase();
  const token = await identity.internal('passport.exchange', exchange);
  expect([token.status, token.body.error.data.code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
  const signIn = await identity.post('/v1/auth/token', grant);
  expect([signIn.status, signIn.body.error.code]).toEqual([503, 'AUTH_UNAVAILABLE']);
  const ready = await readiness(identity);
  expect([ready.status, ready.body.status]).toEqual([503, 'down']);
  await identity.close();
});
