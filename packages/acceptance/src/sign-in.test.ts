import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { as, call, platform, tokenOf } from './api.ts';

const { email, password } = platform.users.owner;
const form = { 'content-type': 'application/x-www-form-urlencoded' };

test('a password is exchanged for tokens, by JSON and by form, without any of the required headers but two', async () => {
  const json = await call('POST', '/v1/auth/token', {
    body: { grant_type: 'password', username: email, password },
    headers: { 'idempotency-key': null },
  });
  expect(json.status).toBe(200);
  expect(json.body).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) });
  expect(json.headers.get('cache-control')).toContain('no-store');

  const body = new URLSearchParams({ grant_type: 'password', username: email, password }).toString();
  const asForm = await call('POST', '/v1/auth/token', { body, headers: form });
  expect(asForm.body.access_token).toEqual(expect.any(String));
  expect((await call('GET', '/v1/me', { token: asForm.body.access_token })).status).toBe(200);
});

test('a refresh token gives a new access token', async () => {
  const first = await call('POST', '/v1/auth/token', {
    body: { grant_type: 'password', username: email, password },
  });
  const { refresh_token } = first.body;
  const second = await call('POST', '/v1/auth/refresh', { body: { refresh_token } });
  expect(second.status).toBe(200);
  expect(second.body.access_token).not.toBe(first.body.access_token);
  expect((await call('GET', '/v1/me', { token: second.body.access_token })).status).toBe(200);
  expect((await call('GET', '/v1/me', { token: refresh_token })).status).toBe(401);
});

describe('refusals', () => {
  const tokenFor = (body: unknown) => call('POST', '/v1/auth/token', { body });

  test('a wrong password and an unknown user are told the same', async () => {
    const wrong = await tokenFor({ grant_type: 'password', username: email, password: 'wrong-password' });
    const unknown = await tokenFor({
      grant_type: 'password',
      username: 'nobody@plinth.test',
      password: 'wrong-password',
    });
    const told = ({ status, body }: typeof wrong) => [
      status,
      body.error.code,
      body.error.message,
      body.error.details,
    ];
    expect(told(wrong)).toEqual(told(unknown));
    expect([wrong.status, wrong.body.error.code]).toEqual([401, 'INVALID_GRANT']);
    expect(wrong.body.error.details.error).toBe('invalid_grant');
  });

  test('what a grant needs is named', async () => {
    const { status, body } = await tokenFor({ grant_type: 'password' });
    expect(status).toBe(400);
    const paths = body.error.details.fields.map(({ path }: { path: string }) => path);
    expect(paths.sort()).toEqual(['password', 'username']);
  });

  test.each([
    [{ grant_type: 'refresh_token', refresh_token: 'nonsense' }, 401],
    [
      {
        grant_type: 'authorization_code',
        code: 'x',
        code_verifier: 'y'.repeat(43),
        redirect_uri: 'http://127.0.0.1/cb',
      },
      401,
    ],
    [{ grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'nothing' }, 401],
    [{ grant_type: 'telepathy' }, 400],
    [{}, 400],
  ])('%j is a %i', async (body, status) => {
    const answer = await tokenFor(body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect(answer.body.error.code).toMatch(/^[A-Z_]+$/);
  });
});

test('the sign-up policy is open to everybody', async () => {
  const { status, body } = await call('GET', '/v1/auth/signups/policy');
  expect(status).toBe(200);
  expect(body).toMatchObject({ signups: 'open' });
});

test('me says who one is, where, and what one may do', async () => {
  const { get } = await as('owner');
  const { status, body } = await get('/v1/me');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    principal: { kind: 'member', email },
    organization: { id: platform.organizationId, role: 'owner' },
  });
  expect(body.principal.id).toMatch(/^usr_/);
  expect(body.permissions).toContain('tenants:write');
  expect((await call('GET', '/v1/me')).status).toBeGreaterThanOrEqual(400);
});

test('the sign-in page and a code with PKCE end in a token that works', async () => {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const { body: policy } = await call('GET', '/v1/auth/signups/policy');
  const redirectUri = `${platform.url}/callback`;
  const jar = new Map<string, string>();

  async function visit(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', ...value] = line.split(';', 1)[0]?.split('=') ?? [];
      jar.set(name, value.join('='));
    }
    const location = response.headers.get('location');
    if (!location || location.startsWith(redirectUri)) return response;
    return visit(new URL(location, url));
  }

  const authorize = new URL(`${policy.issuer}/protocol/openid-connect/auth`);
  authorize.search = new URLSearchParams({
    client_id: policy.clientId,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirectUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'state-1',
  }).toString();
  const page = await visit(authorize);
  const html = await page.text();
  const action = /<form[^>]*action="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(html).toMatch(/type="password"/);
  const userField = /name="(username|email)"/.exec(html)?.[1] ?? 'username';
  const hidden = [...html.matchAll(/<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)];
  const fields = Object.fromEntries(hidden.map(([, name, value]) => [name ?? '', value ?? '']));
  const done = await visit(new URL(action, page.url || authorize), {
    method: 'POST',
    headers: form,
    body: new URLSearchParams({ ...fields, [userField]: email, password }).toString(),
  });
  const code = new URL(done.headers.get('location') ?? '').searchParams.get('code');
  const answer = await call('POST', '/v1/auth/token', {
    body: { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect((await call('GET', '/v1/me', { token: answer.body.access_token })).status).toBe(200);
});

test('tokens of two users are two principals', async () => {
  const [owner, viewer] = await Promise.all([tokenOf('owner'), tokenOf('viewer')]);
  const ids = await Promise.all(
    [owner, viewer].map(async (token) => (await call('GET', '/v1/me', { token })).body.principal.id),
  );
  expect(new Set(ids).size).toBe(2);
});
