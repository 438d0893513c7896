import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OwnRoute } from './own-routes.ts';
import {
  callerHeaders,
  PLATFORM_HEADERS,
  send,
  sendRaw,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
  tokenOf,
} from './test-gateway.ts';

const ORIGIN = 'https://console.example.com';
const OWN: OwnRoute[] = [
  {
    method: 'GET',
    path: '/own',
    handle: ({ send: answer }) =>
      answer(200, { 'content-type': 'text/plain', vary: 'accept-encoding' }, 'own'),
  },
  {
    method: 'GET',
    path: /^\/files\/([a-z]+)$/,
    handle: ({ send: answer, match }) => answer(200, {}, match[1]),
  },
  {
    method: 'GET',
    path: '/broken',
    handle: async () => {
      throw new Error('the secret cause');
    },
  },
];

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    services: { tenancy: upstream.url, identity: upstream.url },
    ownRoutes: OWN,
    corsOrigins: [ORIGIN],
    trustedProxies: ['127.0.0.1'],
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

test('an admitted request reaches its service with a passport and without the credential', async () => {
  const answer = await send(`${gateway.url}/v1/tenants/tnt_1?x=%2F`, { headers: callerHeaders() });
  expect(answer.status).toBe(200);
  const { url, headers } = JSON.parse(answer.body);
  expect(url).toBe('/v1/tenants/tnt_1?x=%2F');
  expect(headers.authorization).toBeUndefined();
  expect(JSON.parse(Buffer.from(headers['x-plinth-passport'], 'base64url').toString())).toMatchObject({
    scope: { tenantId: 'tnt_1' },
    service: 'tenancy',
  });
  expect(answer.headers).toMatchObject({
    'x-correlation-id': 'test-correlation-1',
    'x-api-version': '2024-01-01',
    ratelimit: expect.stringContaining('"principal"'),
    'ratelimit-policy': expect.stringContaining('"principal";q=100000;w=60'),
  });
});

test.each([
  '/v1/tenants/%2e%2e/workspaces/wks_1',
  '/v1/tenants/../workspaces/wks_1',
  '/api/v1/organizations/org_1#/tenants/tnt_1',
  '/realms/../internal/passport.exchange',
  '/realms/%2e%2e/internal/passport.exchange',
])('%s reaches no service, and no passport is made for it', async (path) => {
  const before = gateway.exchanged.length;
  const headers = { ...callerHeaders(), host: 'localhost', connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { text } = await sendRaw(gateway.port, `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  expect(text).toMatch(/^HTTP\/1.1 404 /);
  expect(gateway.exchanged).toHaveLength(before);
});

test('a trusted proxy names the caller and goes on with its trace', async () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { body } = await send(`${gateway.url}/v1/tenants`, {
    headers: {
      ...callerHeaders(),
      'x-forwarded-for': '1.1.1.1, 203.0.113.5',
      'x-forwarded-host': 'evil.example.com',
      traceparent: trace,
      tracestate: 'vendor=1',
    },
  });
  expect(JSON.parse(body).headers).toMatchObject({
    'x-forwarded-for': '203.0.113.5',
    'x-forwarded-host': 'api.example.com',
    traceparent: trace,
    tracestate: 'vendor=1',
  });
});

test('own routes answer without a credential, and HEAD as well', async () => {
  const got = await send(`${gateway.url}/own`);
  expect(got).toMatchObject({ status: 200, body: 'own' });
  expect(got.headers['x-correlation-id']).toMatch(/.{8,}/);
  expect(got.headers['x-api-version']).toBe('2026-11-01');
  expect(got.headers.vary).toBe('accept-encoding, X-API-Version, Origin');
  expect(await send(`${gateway.url}/own`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  expect(await send(`${gateway.url}/files/abc`)).toMatchObject({ status: 200, body: 'abc' });
});

test('own routes refuse other methods and malformed headers', async () => {
  const posted = await send(`${gateway.url}/own`, { method: 'POST', body: 'x' });
  expect(posted.status).toBe(405);
  expect(posted.headers.allow).toBe('GET, HEAD');
  const malformed = await send(`${gateway.url}/own`, { headers: { 'x-correlation-id': 'x' } });
  expect(malformed.status).toBe(400);
});

test('an unknown error tells the caller nothing and the log everything', async () => {
  const answer = await send(`${gateway.url}/broken`, { headers: { 'x-correlation-id': 'broken-route-1' } });
  expect(answer.status).toBe(500);
  expect(JSON.parse(answer.body).error).toMatchObject({
    code: 'INTERNAL_ERROR',
    message: 'Internal server error',
  });
  expect(answer.body).not.toContain('secret');
  expect(gateway.log()).toContainEqual(
    expect.objectContaining({
      correlationId: 'broken-route-1',
      code: 'INTERNAL_ERROR',
      err: expect.anything(),
    }),
  );
});

test('a page of an allowed origin may ask, call and read', async () => {
  const preflight = await send(`${gateway.url}/v1/tenants`, {
    method: 'OPTIONS',
    headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': ORIGIN,
    'access-control-allow-methods': expect.stringContaining('PATCH'),
    'access-control-allow-headers': expect.stringContaining('idempotency-key'),
    vary: expect.stringContaining('Origin'),
  });
  const refused = await send(`${gateway.url}/v1/tenants`, {
    headers: { ...PLATFORM_HEADERS, origin: ORIGIN },
  });
  const called = await send(`${gateway.url}/v1/tenants`, { headers: { ...callerHeaders(), origin: ORIGIN } });
  for (const { headers } of [refused, called])
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-expose-headers': expect.stringContaining('x-correlation-id'),
    });
  expect(called.headers).not.toHaveProperty('access-control-allow-credentials');
});

test('a page of any other origin may not', async () => {
  const preflight = await send(`${gateway.url}/v1/tenants`, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers).not.toHaveProperty('access-control-allow-origin');
  expect(preflight.headers).not.toHaveProperty('access-control-allow-methods');
});

test('an OPTIONS that is no preflight passes the policy like any request', async () => {
  const answer = await send(`${gateway.url}/v1/tenants`, { method: 'OPTIONS', headers: PLATFORM_HEADERS });
  expect(answer.status).toBe(401);
});

test('limits are taken and told, and a batch costs what its calls cost', async () => {
  const few = await startGateway({
    services: { tenancy: upstream.url },
    exchange: async () => ({
      passport: 'p',
      expiresAt: Date.now() / 1_000 + 60,
      limits: [{ policy: 'principal', key: 'few', quota: 10, windowSeconds: 3_600 }],
    }),
  });
  const authorization = `Bearer ${tokenOf()}`;
  const batch = (calls: number) => {
    const names = Array.from({ length: calls }, () => 'tenant.get').join(',');
    return send(`${few.url}/trpc/tenancy/${names}?batch=1`, { headers: { authorization } });
  };
  expect((await batch(21)).status).toBe(400);
  const first = await batch(7);
  expect(first.status).toBe(200);
  expect(first.headers.ratelimit).toContain('r=3');
  const refused = await batch(4);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(refused.headers.ratelimit).toContain('r=3');
  const told = JSON.parse(refused.body);
  expect(told).toHaveLength(4);
  expect(told[0].error).toMatchObject({ code: -32029, data: { code: 'RATE_LIMITED', httpStatus: 429 } });
  expect((await batch(3)).status).toBe(200);
  await few.close();
});

test('the token routes are limited by address, and so are refused credentials', async () => {
  const strict = await startGateway({
    services: { identity: upstream.url, tenancy: upstream.url },
    addressLimits: { auth: 2, refusals: 2 },
  });
  const signIn = () =>
    send(`${strict.url}/v1/auth/token`, { method: 'POST', headers: PLATFORM_HEADERS, body: '{}' });
  const guess = () =>
    send(`${strict.url}/v1/tenants`, { headers: { ...callerHeaders(), authorization: 'Bearer guess' } });
  const statuses = async (of: typeof signIn) =>
    [await of(), await of(), await of()].map(({ status }) => status);
  expect(await statuses(signIn)).toEqual([200, 200, 429]);
  expect(await statuses(guess)).toEqual([401, 401, 429]);
  expect((await send(`${strict.url}/v1/tenants`, { headers: callerHeaders() })).status).toBe(200);
  await strict.close();
});

test('without the shared limits every caller is still limited, strangers at half, and told so', async () => {
  const alone = await startGateway({
    services: { identity: upstream.url, tenancy: upstream.url },
    addressLimits: { auth: 4, refusals: 1_000 },
    redisUrl: 'redis://127.0.0.1:1',
  });
  const signIn = () =>
    send(`${alone.url}/v1/auth/token`, { method: 'POST', headers: PLATFORM_HEADERS, body: '{}' });
  const answers = [await signIn(), await signIn(), await signIn()];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  const called = await send(`${alone.url}/v1/tenants`, { headers: callerHeaders() });
  expect(called.headers['ratelimit-policy']).toBe('"principal";q=100000;w=60');
  for (const { headers } of [...answers, called]) expect(headers['x-degraded']).toBe('ratelimit-local');
  expect(await alone.metrics()).toMatch(
    /plinth_gateway_ratelimit_degraded\{reason="disconnected".*\} 1[\s\S]*plinth_gateway_ratelimit_degraded\{reason="no_answer".*\} 0/,
  );
  await alone.close();
});

test('each request is one line in the log, without query or credential, and counted', async () => {
  const token = tokenOf();
  await send(`${gateway.url}/v1/tenants/tnt_7?email=ada@example.com`, {
    headers: { ...callerHeaders(), authorization: `Bearer ${token}`, 'x-correlation-id': 'logged-request-1' },
  });
  await send(`${gateway.url}/v1/tenants`, {
    headers: { ...PLATFORM_HEADERS, 'x-correlation-id': 'logged-request-2' },
  });
  await expect.poll(() => gateway.log().some((line) => line.correlationId === 'logged-request-2')).toBe(true);
  const [line, ...others] = gateway.log().filter((entry) => entry.correlationId === 'logged-request-1');
  expect(others).toEqual([]);
  expect(line).toMatchObject({
    level: 30,
    msg: 'request',
    method: 'GET',
    path: '/v1/tenants/tnt_7',
    status: 200,
    upstream: 'tenancy',
    route: '/v1/tenants',
    principal: 'usr_1',
  });
  const everything = JSON.stringify(gateway.log());
  expect(everything).not.toContain(token);
  expect(everything).not.toContain('ada@example.com');
  const metrics = await gateway.metrics();
  expect(metrics).toMatch(
    /plinth_gateway_requests_total\{upstream="tenancy",method="GET",status="200".*\} \d+/,
  );
  expect(metrics).toMatch(/plinth_gateway_exits_total\{reason="UNAUTHENTICATED".*\} \d+/);
  expect(metrics).toMatch(/plinth_gateway_jwks_stale_seconds(\{.*\})? 0/);
  expect(metrics).toMatch(/plinth_gateway_ratelimit_degraded\{reason="disconnected".*\} 0/);
  expect(metrics).toMatch(/plinth_gateway_connections(\{.*\})? \d+/);
});

test.each(['"', '\\', '\t', '\u00e9', '"},{"level":60,"msg":"forged"'])(
  'a caller who writes %j does not break its line in the log',
  async (text) => {
    const id = `hostile-line-${Buffer.from(text).toString('hex')}`;
    const headers = { ...callerHeaders(), host: 'x', 'user-agent': `<${text}>`, 'x-correlation-id': id };
    const lines = Object.entries({ ...headers, connection: 'close' }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const path = `/v1/tenants/${text.replace(/[^!-~]/g, '')}`;
    await sendRaw(gateway.port, `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    const found = () => gateway.log().filter((line) => line.correlationId === id);
    await expect.poll(found).toHaveLength(1);
    expect(found()).toMatchObject([{ level: 30, path, userAgent: `<${text}>`, msg: 'request' }]);
  },
);
