import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  callerHeaders,
  PLATFORM_HEADERS,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
  tokenOf,
} from './test-gateway.ts';

let upstream: TestUpstream;
let gateway: TestGateway;
let lenient: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  const services = { tenancy: upstream.url, identity: upstream.url, postgres: upstream.url };
  gateway = await startGateway({ services });
  lenient = await startGateway({ services, strictHeaders: false });
});

afterAll(async () => {
  await gateway.close();
  await lenient.close();
  await upstream.close();
});

const without = (name: string): Record<string, string> => {
  const { [name]: _, ...rest } = callerHeaders();
  return rest;
};

const PATHS = {
  platform: '/v1/tenants/tnt_1',
  organization: '/api/v1/organizations/org_1',
  typed: '/trpc/tenancy/tenant.get',
} as const;
type TestedDialect = keyof typeof PATHS;

async function ask(
  dialect: TestedDialect,
  headers: Record<string, string | string[]>,
  method = 'GET',
  from = gateway,
) {
  const answer = await send(from.url + PATHS[dialect], { method, headers });
  return { ...answer, json: JSON.parse(answer.body) };
}

describe('the platform dialect', () => {
  test.each([
    ['x-api-version', 'X-API-Version', 'HEADER_REQUIRED'],
    ['x-correlation-id', 'X-Correlation-Id', 'HEADER_REQUIRED'],
  ])('without %s', async (name, path, code) => {
    const { status, json } = await ask('platform', without(name));
    expect(status).toBe(400);
    expect(json.error.code).toBe(code);
    expect(json.error.details.fields).toEqual([{ path, code: 'required', message: expect.any(String) }]);
  });

  test('without a credential and nothing else wrong: a challenge', async () => {
    const { status, json, headers } = await ask('platform', PLATFORM_HEADERS);
    expect(status).toBe(401);
    expect(json.error.code).toBe('UNAUTHENTICATED');
    expect(headers['www-authenticate']).toBe('Bearer realm="plinth"');
  });

  test('everything that is missing is said at once', async () => {
    const { status, json, headers } = await ask('platform', {}, 'POST');
    expect(status).toBe(400);
    expect(json.error.code).toBe('HEADER_REQUIRED');
    expect(json.error.details.fields.map(({ path }: { path: string }) => path)).toEqual([
      'Authorization',
      'X-API-Version',
      'X-Correlation-Id',
      'Idempotency-Key',
    ]);
    expect(json.error.details.versions).toEqual(['2024-01-01', '2026-11-01']);
    expect(json.error.correlationId).toBe(headers['x-correlation-id']);
    expect(headers['x-api-version']).toBe('2026-11-01');
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s needs an idempotency key', async (method) => {
    const { status, json, headers } = await ask('platform', callerHeaders(), method);
    expect(status).toBe(400);
    expect(json.error.code).toBe('IDEMPOTENCY_KEY_REQUIRED');
    expect(headers.link).toBe('</docs>; rel="describedby"');
    const keyed = await ask('platform', { ...callerHeaders(), 'idempotency-key': '"key-1"' }, method);
    expect(keyed.status).toBe(200);
  });

  test('a GET ignores even a malformed idempotency key', async () => {
    const { status } = await ask('platform', { ...callerHeaders(), 'idempotency-key': 'a b' });
    expect(status).toBe(200);
  });

  test.each(['2023-12-31', '2024-02-30', '9999-01-01', '1', '2024-01-01T00:00:00Z', ''])(
    'the version %j lists the versions served',
    async (version) => {
      const { status, json } = await ask('platform', { ...callerHeaders(), 'x-api-version': version });
      expect(status).toBe(400);
      expect(json.error.code).toBe('API_VERSION_UNSUPPORTED');
      expect(json.error.details.versions).toEqual(['2024-01-01', '2026-11-01']);
    },
  );

  test('a date between versions gets the newest not after it', async () => {
    const { status, headers, json } = await ask('platform', {
      ...callerHeaders(),
      'x-api-version': '2024-06-30',
    });
    expect(status).toBe(200);
    expect(headers['x-api-version']).toBe('2024-01-01');
    expect(json.headers['x-api-version']).toBe('2024-01-01');
  });
});

describe.each(['platform', 'organization', 'typed'] as const)('in the %s dialect', (dialect) => {
  const codeIn = (json: { error: { code: unknown; details?: { code: string }; data?: { code: string } } }) =>
    dialect === 'platform'
      ? json.error.code
      : dialect === 'organization'
        ? json.error.details?.code
        : json.error.data?.code;

  test.each([
    ['a malformed correlation id', 'x-correlation-id', 'short', 'HEADER_INVALID'],
    ['a correlation id sent twice', 'x-correlation-id', ['correlation-1', 'correlation-1'], 'HEADER_INVALID'],
    ['a malformed version', 'x-api-version', 'latest', 'API_VERSION_UNSUPPORTED'],
    ['a version sent twice', 'x-api-version', ['2024-01-01', '2024-01-01'], 'API_VERSION_UNSUPPORTED'],
    ['a malformed organization', 'x-organization-id', 'acme', 'HEADER_INVALID'],
  ])('%s is refused', async (_, name, value, code) => {
    const { status, json, headers } = await ask(dialect, { ...callerHeaders(), [name]: value });
    expect(status).toBe(400);
    expect(codeIn(json)).toBe(code);
    expect(headers['x-correlation-id']).toMatch(/^[A-Za-z0-9._:-]{8,128}$/);
  });

  test.each([
    ['malformed', 'a b'],
    ['sent twice', ['key-1', 'key-1']],
    ['too long', 'k'.repeat(256)],
  ])('an idempotency key %s is refused', async (_, value) => {
    const { status, json } = await ask(dialect, { ...callerHeaders(), 'idempotency-key': value }, 'POST');
    expect(status).toBe(400);
    expect(codeIn(json)).toBe('IDEMPOTENCY_KEY_INVALID');
  });

  test.each([
    ['Basic dXNlcjpwYXNz', 'TOKEN_INVALID'],
    ['Bearer', 'TOKEN_INVALID'],
    ['Bearer two words', 'TOKEN_INVALID'],
    ['Bearer not-a-token', 'TOKEN_INVALID'],
  ])('the credential %j is not valid', async (authorization, code) => {
    const { status, json, headers } = await ask(dialect, { ...callerHeaders(), authorization });
    expect(status).toBe(401);
    expect(codeIn(json)).toBe(code);
    expect(headers['www-authenticate']).toMatch(/^Bearer/);
  });

  test('two credentials are ambiguous', async () => {
    const twice = await ask(dialect, {
      ...callerHeaders(),
      authorization: [`Bearer ${tokenOf()}`, `Bearer ${tokenOf()}`],
    });
    const both = await ask(dialect, { ...callerHeaders(), 'x-api-key': 'key' });
    for (const { status, json } of [twice, both]) {
      expect(status).toBe(400);
      expect(codeIn(json)).toBe('AMBIGUOUS_CREDENTIALS');
    }
  });

  test('both schemes and the key header carry a credential', async () => {
    const token = tokenOf();
    for (const shown of [{ authorization: `api-key ${token}` }, { 'x-api-key': token }])
      expect((await ask(dialect, { ...PLATFORM_HEADERS, ...shown })).status).toBe(200);
  });

  test('an expired token says so', async () => {
    const authorization = `Bearer ${tokenOf({ iat: 1_000, exp: 1_300 })}`;
    const { status, json } = await ask(dialect, { ...callerHeaders(), authorization });
    expect(status).toBe(401);
    expect(codeIn(json)).toBe('TOKEN_EXPIRED');
  });

  test('the correlation id comes back as it was sent', async () => {
    const { headers, json } = await ask(dialect, { ...callerHeaders(), 'x-correlation-id': 'order:42.a_b' });
    expect(headers['x-correlation-id']).toBe('order:42.a_b');
    expect(json.headers['x-correlation-id']).toBe('order:42.a_b');
  });
});

test.each(['organization', 'typed'] as const)(
  'the %s dialect makes up all but the credential',
  async (dialect) => {
    const authorization = `Bearer ${tokenOf()}`;
    const { status, headers } = await ask(dialect, { authorization }, 'POST');
    expect(status).toBe(200);
    expect(headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-api-version']).toBe('2026-11-01');
    const { status: refused } = await ask(dialect, {}, 'POST');
    expect(refused).toBe(401);
  },
);

test('relaxed, the platform dialect needs no more than the others', async () => {
  const authorization = `Bearer ${tokenOf()}`;
  expect((await ask('platform', { authorization }, 'POST', lenient)).status).toBe(200);
  const bad = await ask('platform', { authorization, 'x-correlation-id': 'bad' }, 'POST', lenient);
  expect(bad.status).toBe(400);
});

test('the token routes need neither a credential nor an idempotency key', async () => {
  const answer = await send(`${gateway.url}/v1/auth/token`, {
    method: 'POST',
    headers: PLATFORM_HEADERS,
    body: '{}',
  });
  expect(answer.status).toBe(200);
  const missing = await send(`${gateway.url}/v1/auth/token`, { method: 'POST', body: '{}' });
  expect(JSON.parse(missing.body).error.details.fields).toHaveLength(2);
});

test('the realms need no header at all, and may see cookies and a client secret', async () => {
  const headers = { cookie: 'session=1', authorization: 'Basic dXNlcjpwYXNz' };
  const answer = await send(`${gateway.url}/realms/plinth/protocol/openid-connect/token`, {
    method: 'POST',
    headers,
  });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body).headers).toMatchObject(headers);
});

test.each(['access_token', 'api_key'])('%s in the query is refused', async (name) => {
  const answer = await send(`${gateway.url}/v1/tenants?a=1&${name}=secret`, { headers: callerHeaders() });
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body).error.code).toBe('CREDENTIAL_IN_QUERY');
});

test.each([
  ['/v1/nothing', (json: { error: { code: string } }) => json.error.code],
  ['/api/v1/nothing', (json: { error: { code: string } }) => json.error.code],
  ['/trpc/nothing/x', (json: { error: { data: { code: string } } }) => json.error.data.code],
  ['/api/v1/deployments', (json: { error: string }) => json.error && 'NOT_FOUND'],
])('%s is not found, in the words of its dialect', async (path, codeOf) => {
  const answer = await send(gateway.url + path);
  expect(answer.status).toBe(404);
  expect(codeOf(JSON.parse(answer.body))).toBe('NOT_FOUND');
  expect(answer.headers['x-correlation-id']).toBeDefined();
  expect(answer.headers['x-api-version']).toBe('2026-11-01');
});

test('the organization in the header is the scope where the path names none', async () => {
  const headers = { ...callerHeaders(), 'x-organization-id': 'org_7' };
  await send(`${gateway.url}/v1/tenants`, { headers });
  expect(gateway.exchanged.at(-1)?.scope).toEqual({ organizationId: 'org_7' });
  await send(`${gateway.url}/v1/tenants/tnt_9`, { headers });
  expect(gateway.exchanged.at(-1)?.scope).toEqual({ tenantId: 'tnt_9' });
});

describe('the workspace of a typed call', () => {
  const path = '/trpc/postgres/rows.list';
  const named = (id: string) => ({ ...callerHeaders(), 'x-workspace-id': id, 'x-organization-id': 'org_7' });

  test('is the one in the header, before any organization', async () => {
    await send(gateway.url + path, { headers: named('wks_7') });
    expect(gateway.exchanged.at(-1)?.scope).toEqual({ workspaceId: 'wks_7' });
  });

  test('has the form of an id', async () => {
    const { status, body } = await send(gateway.url + path, { headers: named('7') });
    expect([status, JSON.parse(body).error.data.fields?.[0]?.path ?? body]).toEqual([
      400,
      expect.stringContaining('X-Workspace-Id'),
    ]);
  });

  test('is no matter of services whose data is of no workspace', async () => {
    await send(`${gateway.url}/trpc/tenancy/tenant.get`, { headers: named('wks_7') });
    expect(gateway.exchanged.at(-1)?.scope).toEqual({ organizationId: 'org_7' });
  });
});

test('a bulk of rows may be larger than other bodies', async () => {
  const body = JSON.stringify({ text: 'x'.repeat(2 * 1024 * 1024) });
  const post = (path: string) =>
    send(gateway.url + path, {
      method: 'POST',
      headers: { ...callerHeaders(), 'idempotency-key': 'bulk-1', 'content-type': 'application/json' },
      body,
    });
  expect((await post('/v1/postgres/wks_1/rows/orders')).status).toBe(200);
  expect((await post('/v1/tenants')).status).toBe(413);
});
