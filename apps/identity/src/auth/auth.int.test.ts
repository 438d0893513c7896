import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANONYMOUS } from '../passport/caller.ts';
import { ADA, type Identity, startIdentity } from '../testing/harness.ts';
import { newAccountWithClient } from '../testing/service-accounts.ts';

let identity: Identity;
let robot: Awaited<ReturnType<typeof newAccountWithClient>>;
beforeAll(async () => {
  identity = await startIdentity();
  robot = await newAccountWithClient(identity);
});
afterAll(() => identity.close());

const TOKEN = '/v1/auth/token';
const bySecret = () => ({ grant_type: 'client_credentials', ...robot.credentials });
const byPassword = { grant_type: 'password', username: ADA.email, password: ADA.password };

describe('tokens', () => {
  test('for a password, as JSON, not to be kept by any cache', async () => {
    const { status, headers, body } = await identity.post(TOKEN, { ...byPassword, scope: 'openid email' });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: expect.any(String),
      refresh_expires_in: expect.any(Number),
      scope: expect.stringContaining('openid'),
      id_token: expect.any(String),
    });
    expect(decodeJwt(body.access_token)).toMatchObject({
      iss: identity.issuerUrl,
      aud: 'plinth-api',
      azp: 'plinth-console',
      email: ADA.email,
    });
  });

  test('for a form, with an empty field counting as absent', async () => {
    const form = new URLSearchParams({ ...byPassword, client_secret: '', scope: '' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status, body } = await identity.post(TOKEN, form, headers);
    expect(status, JSON.stringify(body)).toBe(200);
  });

  test('for a refresh token, once, on either route', async () => {
    const first = await identity.post(TOKEN, byPassword);
    const second = await identity.post('/v1/auth/refresh', { refresh_token: first.body.refresh_token });
    expect(second.status, JSON.stringify(second.body)).toBe(200);
    expect(second.headers['cache-control']).toBe('no-store');
    const grant = { grant_type: 'refresh_token', refresh_token: second.body.refresh_token };
    const third = await identity.post(TOKEN, grant);
    expect(third.status).toBe(200);
    const again = await identity.post(TOKEN, grant);
    expect([again.status, again.body.error.code]).toEqual([401, 'INVALID_GRANT']);
    expect(again.body.error.details.error).toBe('invalid_grant');
  });

  test('for a client with a secret', async () => {
    const { status, headers, body } = await identity.post(TOKEN, bySecret());
    expect(status, JSON.stringify(body)).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).not.toHaveProperty('refresh_token');
    const { client_id } = robot.credentials;
    expect(decodeJwt(body.access_token)).toMatchObject({ azp: client_id });
    const rows = await identity.database.query<{ payload: Record<string, unknown> }>(
      `select payload from outbox where kind = 'audit' and payload -> 'actor' ->> 'id' = $1`,
      [client_id],
    );
    expect(rows.map(({ payload }) => payload)).toEqual([
      expect.objectContaining({
        action: 'auth.token',
        actor: { kind: 'serviceAccount', id: client_id },
        organizationId: robot.owner.organizationId,
        outcome: 'success',
      }),
    ]);
  });
});

describe('a refusal', () => {
  test('is the same for a wrong password and for nobody', async () => {
    const wrong = await identity.post(TOKEN, { ...byPassword, password: 'wrong' });
    const nobody = await identity.post(TOKEN, { ...byPassword, username: 'nobody@example.test' });
    const text = 'The user name or the password is wrong, or the account cannot sign in';
    for (const { status, headers, body } of [wrong, nobody]) {
      expect(status).toBe(401);
      expect(headers['cache-control']).toBe('no-store');
      expect(body.error).toEqual({
        code: 'INVALID_GRANT',
        message: text,
        correlationId: 'test-correlation',
        timestamp: expect.any(String),
        details: { error: 'invalid_grant', error_description: text },
      });
    }
  });

  test.each([
    ['an unknown client', { ...byPassword, client_id: 'stranger' }, 401, 'INVALID_CLIENT'],
    ['a wrong secret', () => ({ ...bySecret(), client_secret: 'another secret' }), 401, 'INVALID_CLIENT'],
    [
      'a client without the grant',
      () => ({ ...byPassword, ...robot.credentials }),
      400,
      'UNAUTHORIZED_CLIENT',
    ],
    ['another grant type', { grant_type: 'implicit' }, 400, 'UNSUPPORTED_GRANT_TYPE'],
    [
      'a made-up code',
      {
        grant_type: 'authorization_code',
        code: 'x',
        code_verifier: 'y'.repeat(43),
        redirect_uri: 'http://a/',
      },
      401,
      'INVALID_GRANT',
    ],
    ['a made-up refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, 401, 'INVALID_GRANT'],
  ])('of %s keeps the code of OAuth', async (_, payload, status, code) => {
    const answer = await identity.post(TOKEN, typeof payload === 'function' ? payload() : payload);
    expect([answer.status, answer.body.error.code], JSON.stringify(answer.body)).toEqual([status, code]);
    expect(answer.body.error.details).toMatchObject({
      error: code.toLowerCase(),
      error_description: expect.any(String),
    });
  });

  test.each([
    ['', ['grant_type']],
    ['password', ['username', 'password']],
    ['authorization_code', ['code', 'code_verifier', 'redirect_uri']],
    ['refresh_token', ['refresh_token']],
    ['client_credentials', ['client_id', 'client_secret']],
  ])('of the grant %j without its fields names them', async (grant_type, fields) => {
    const { status, body } = await identity.post(TOKEN, { grant_type });
    expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(body.error.details.fields).toEqual(
      fields.map((path) => ({ path, code: 'required', message: 'is required' })),
    );
  });

  test.each([
    ['no grant type', {}, 'grant_type'],
    ['an unknown field', { ...byPassword, grantType: 'password' }, 'grantType'],
    ['a field of another type', { ...byPassword, username: 7 }, 'username'],
    ['a password that is too long', { ...byPassword, password: 'x'.repeat(1_025) }, 'password'],
  ])('of %s names the field', async (_, payload, path) => {
    const { status, body } = await identity.post(TOKEN, payload);
    expect(status).toBe(400);
    expect(body.error.details.fields).toEqual([expect.objectContaining({ path })]);
  });

  test('of a form with a field given twice, and of a body of another kind', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const twice = await identity.post(TOKEN, 'grant_type=password&username=a&username=b', form);
    expect([twice.status, twice.body.error.code]).toEqual([400, 'INVALID_REQUEST']);
    const xml = await identity.post(TOKEN, '<grant/>', { 'content-type': 'application/xml' });
    expect([xml.status, xml.body.error.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  test('does not take a client from the Authorization header', async () => {
    const { client_id, client_secret } = robot.credentials;
    const authorization = `Basic ${btoa(`${client_id}:${client_secret}`)}`;
    const { status, body } = await identity.post(
      TOKEN,
      { grant_type: 'client_credentials' },
      { authorization },
    );
    expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('the record', () => {
  const entriesOf = async (email: string) => {
    const rows = await identity.database.query<{ payload: Record<string, unknown> }>(
      `select payload from outbox where kind = 'audit' and payload -> 'actor' ->> 'email' = $1`,
      [email],
    );
    return rows.map(({ payload }) => payload);
  };

  test('names who signed in, and holds neither password nor token', async () => {
    const user = { email: 'grace@example.test', password: 'a password of grace' };
    await identity.deps.provider.ensureUser(user);
    const grant = { grant_type: 'password', username: user.email, password: user.password };
    const { body } = await identity.post(TOKEN, grant, { 'x-forwarded-for': '192.0.2.7' });
    const refreshed = await identity.post('/v1/auth/refresh', { refresh_token: body.refresh_token });
    expect(refreshed.status).toBe(200);

    const entries = await entriesOf(user.email);
    expect(entries).toEqual([
      expect.objectContaining({
        action: 'auth.token',
        actor: { kind: 'member', id: expect.stringMatching(/^usr_/), email: user.email },
        target: { kind: 'client', id: 'plinth-console' },
        outcome: 'success',
        clientAddress: '192.0.2.7',
        correlationId: 'test-correlation',
        changes: { grantType: 'password' },
      }),
    ]);
    const { iss: issuer, sub: subject } = decodeJwt(body.access_token);
    const known = await identity.database.query(
      'select id from principal where issuer = $1 and subject = $2',
      [issuer, subject],
    );
    expect([entries[0]?.actor]).toEqual([{ kind: 'member', email: user.email, id: known[0]?.id }]);
    const written = JSON.stringify(await identity.database.query('select * from outbox'));
    expect(written).not.toContain(user.password);
    expect(written).not.toContain(body.access_token);
  });

  test('counts what fails again and again, and does not keep what is no address', async () => {
    const email = 'victim@example.test';
    for (let i = 0; i < 3; i++) {
      await identity.post(TOKEN, { ...byPassword, username: email, password: `guess ${i}` });
    }
    await identity.post(TOKEN, { ...byPassword, username: 'my secret password', password: 'x' });
    await expect
      .poll(() => entriesOf(email))
      .toEqual([
        expect.objectContaining({
          outcome: 'denied',
          actor: { kind: 'anonymous', id: '', email },
          changes: { grantType: 'password', code: 'INVALID_GRANT', times: 1 },
        }),
      ]);
    const written = JSON.stringify(await identity.database.query('select * from outbox'));
    expect(written).not.toContain('my secret password');
    expect(written).not.toContain('guess');
  });
});

test('the sign-up policy says how to get in', async () => {
  const { status, body } = await identity.send(ANONYMOUS, { method: 'GET', url: '/v1/auth/signups/policy' });
  expect(status).toBe(200);
  expect(body).toEqual({
    signups: 'closed',
    selfRegistration: false,
    passwordPolicy: { minLength: 12, maxLength: 128 },
    grantTypes: ['password', 'authorization_code', 'refresh_token', 'client_credentials'],
    clientId: 'plinth-console',
    issuer: identity.issuerUrl,
  });
});
