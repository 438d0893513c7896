import { describe, expect, test } from 'vitest';
import { as, call, tokenOf } from './api.ts';

const fieldsOf = (body: { error: { details?: { fields: { path: string }[] } } }) =>
  body.error.details?.fields.map(({ path }) => path.toLowerCase()).sort();

describe('the platform dialect', () => {
  test('names every missing header at once, its form, and the versions served', async () => {
    const headers = { 'x-api-version': null, 'x-correlation-id': null, 'idempotency-key': null };
    const { post } = await as('owner');
    const { status, body } = await post('/v1/tenants', { body: {}, headers });
    expect(status).toBe(400);
    expect(fieldsOf(body)).toEqual(['idempotency-key', 'x-api-version', 'x-correlation-id']);
    expect(JSON.stringify(body)).toContain('2024-01-01');
  });

  test.each([
    ['x-correlation-id', 'short'],
    ['x-correlation-id', 'x'.repeat(129)],
    ['x-correlation-id', 'has spaces in it'],
    ['x-api-version', '2024-13-01'],
    ['x-api-version', '2023-12-31'],
    ['x-api-version', '2999-01-01'],
    ['x-api-version', 'latest'],
  ])('refuses %s: %s', async (name, value) => {
    const { get } = await as('owner');
    const { status, body, headers } = await get('/v1/tenants', { headers: { [name]: value } });
    expect(status).toBe(400);
    expect(JSON.stringify(body).toLowerCase()).toContain(name);
    expect(headers.get('x-correlation-id')).toMatch(/^[A-Za-z0-9._:-]{8,128}$/);
    expect(headers.get('x-correlation-id')).not.toBe(value);
  });

  test('serves a date between two versions with the newest one not after it', async () => {
    const { get } = await as('owner');
    const { status, headers } = await get('/v1/tenants', { headers: { 'x-api-version': '2024-06-30' } });
    expect([status, headers.get('x-api-version')]).toEqual([200, '2024-01-01']);
  });

  test('gives the correlation id back, and says what is left of the limits', async () => {
    const { get } = await as('owner');
    const { headers } = await get('/v1/tenants', { headers: { 'x-correlation-id': 'my-own-id-1' } });
    expect(headers.get('x-correlation-id')).toBe('my-own-id-1');
    expect(headers.get('ratelimit')).toMatch(/;r=\d+;t=\d+/);
    expect(headers.get('ratelimit-policy')).toMatch(/;q=\d+;w=\d+/);
  });
});

test('the other dialects need credentials only', async () => {
  const token = await tokenOf('owner');
  const organizations = await call('GET', '/api/v1/organizations', { token });
  expect(organizations.status).toBe(200);
  expect(organizations.headers.get('x-correlation-id')).toBe(organizations.body.meta.request_id);
  expect((await call('GET', '/api/v1/organizations')).body.error.code).toBe('UNAUTHENTICATED');
});

describe('credentials', () => {
  test.each(['not-a-token', 'a.b.c', `${'x'.repeat(20_000)}`])('refuses the token %.20s', async (token) => {
    const { status, headers } = await call('GET', '/v1/tenants', { token });
    expect([401, 431]).toContain(status);
    if (status === 401) expect(headers.get('www-authenticate')).toContain('Bearer');
  });

  test('refuses a request without one', async () => {
    const { status, body, headers } = await call('GET', '/v1/tenants');
    expect(status).toBeGreaterThanOrEqual(400);
    expect([400, 401]).toContain(status);
    expect(JSON.stringify(body).toLowerCase()).toMatch(/authorization|credential/);
    expect(headers.get('x-correlation-id')).toBeTruthy();
  });

  test('refuses a token whose signature was tampered with', async () => {
    const token = await tokenOf('owner');
    const tampered = `${token.slice(0, -6)}AAAAAA`;
    const { status, body } = await call('GET', '/v1/tenants', { token: tampered });
    expect([status, body.error.code]).toEqual([401, 'TOKEN_INVALID']);
  });

  test('refuses one in the query string', async () => {
    const { status, body } = await call('GET', `/v1/tenants?access_token=${await tokenOf('owner')}`);
    expect([status, body.error.code]).toEqual([400, 'CREDENTIAL_IN_QUERY']);
  });

  test('believes no internal header from outside', async () => {
    const headers = { 'x-plinth-passport': 'forged', 'x-plinth-service': 'forged' };
    const { get } = await as('owner');
    expect((await get('/v1/tenants', { headers })).status).toBe(200);
    expect((await call('GET', '/v1/tenants', { headers })).status).not.toBe(200);
  });
});

describe('bodies', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  test.each([
    ['not JSON', '{"slug":', 400, 'MALFORMED_JSON'],
    ['of the wrong type', '[]', 400, 'VALIDATION_FAILED'],
    ['too deep', `{"slug":${nested(40)}}`, 400, 'JSON_TOO_DEEP'],
    ['too large', `{"slug":"${'x'.repeat(1_100_000)}"}`, 413, 'PAYLOAD_TOO_LARGE'],
    ['with a prototype', '{"__proto__":{"plan":"pro"}}', 400, 'MALFORMED_JSON'],
  ])('one %s is refused', async (_, body, status, code) => {
    const { post } = await as('owner');
    const answer = await post('/v1/tenants', { body });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  test('another media type is a 415', async () => {
    const { post } = await as('owner');
    const answer = await post('/v1/tenants', {
      body: 'slug: acme',
      headers: { 'content-type': 'text/yaml' },
    });
    expect([answer.status, answer.body.error.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });
});

test.each([
  ['/v1/nothing', 'NOT_FOUND'],
  ['/nothing', 'NOT_FOUND'],
  ['/v1/tenants/tnt_1/nothing', 'NOT_FOUND'],
])('%s is not there', async (path, code) => {
  const { get } = await as('owner');
  const { status, body } = await get(path);
  expect(status).toBe(404);
  expect([code, 'TENANT_NOT_FOUND']).toContain(body.error.code);
});

test.each(['PUT', 'QUERY'])('a wrong method is a 405 that names the right ones: %s', async (method) => {
  const token = await tokenOf('owner');
  const { status, headers } = await call(method, '/v1/tenants', { token, body: {} });
  expect(status).toBe(405);
  expect(headers.get('allow')).toContain('POST');
});
