import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA, ADMIN, startTestIssuer, type TestAnswer, type TestIssuer } from './issuer.test-server.ts';

const require = createRequire(import.meta.url);
const Keycloak = require('keycloak-connect');
const Token = require('keycloak-connect/middleware/auth-utils/token.js');

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startTestIssuer();
});

afterAll(async () => {
  await issuer.stop();
  expect(issuer.problems).toEqual([]);
});

const basicOf = (secret: string) => ({
  authorization: `Basic ${btoa(`${ADMIN.id}:${encodeURIComponent(secret)}`)}`,
});
const basic = basicOf(ADMIN.secret);

async function newUser(): Promise<{ id: string; email: string; password: string }> {
  const email = `${randomBytes(6).toString('hex')}@example.test`;
  const { user } = await issuer.users.ensure({ email, password: 'a password' });
  return { id: user.id, email, password: 'a password' };
}

test('discovery and certs have Keycloak’s addresses', async () => {
  const read = async (url: string) => JSON.parse(await (await fetch(url)).text());
  const discovery = await read(`${issuer.base}/.well-known/openid-configuration`);
  expect(discovery).toMatchObject({
    issuer: issuer.base,
    authorization_endpoint: `${issuer.connect}/auth`,
    token_endpoint: `${issuer.connect}/token`,
    jwks_uri: `${issuer.connect}/certs`,
    userinfo_endpoint: `${issuer.connect}/userinfo`,
    end_session_endpoint: `${issuer.connect}/logout`,
    introspection_endpoint: `${issuer.connect}/token/introspect`,
    code_challenge_methods_supported: ['S256'],
  });
  const { keys } = await read(discovery.jwks_uri);
  expect(keys).toEqual([expect.objectContaining({ kty: 'RSA', alg: 'RS256', use: 'sig' })]);
  expect(keys[0]).not.toHaveProperty('d');
});

test('the password grant gives tokens that jose and keycloak-connect accept', async () => {
  const { status, body } = await issuer.byPassword('ada@EXAMPLE.test', ADA.password);
  expect(status).toBe(200);
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300, refresh_token: expect.any(String) });

  const token = body.access_token ?? '';
  const { payload, protectedHeader } = await jwtVerify(
    token,
    createRemoteJWKSet(new URL(`${issuer.connect}/certs`)),
    {
      issuer: issuer.base,
      audience: 'plinth-api',
    },
  );
  const user = await issuer.users.findByEmail(ADA.email);
  expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT' });
  expect(payload).toMatchObject({
    sub: user?.id,
    azp: 'plinth-console',
    typ: 'Bearer',
    email: ADA.email,
    email_verified: true,
    preferred_username: ADA.email,
    name: 'Ada',
    jti: expect.any(String),
    sid: expect.any(String),
  });
  expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
  expect(decodeJwt(body.id_token ?? '')).toMatchObject({
    typ: 'ID',
    aud: 'plinth-console',
    email: ADA.email,
  });

  const { grantManager } = new Keycloak(
    {},
    {
      realm: 'plinth',
      'auth-server-url': new URL(issuer.base).origin,
      resource: 'plinth-api',
      'bearer-only': true,
      'verify-token-audience': true,
    },
  );
  const validated = await grantManager.validateToken(new Token(token, 'plinth-api'), 'Bearer');
  expect(validated.content.sub).toBe(user?.id);
  const forged = `${token.slice(0, -8)}AAAAAAAA`;
  await expect(grantManager.validateToken(new Token(forged, 'plinth-api'), 'Bearer')).rejects.toThrow(
    'signature',
  );
});

test('a wrong password, an unknown and a disabled user get one and the same answer', async () => {
  const known = await newUser();
  const wrong = await issuer.byPassword(known.email, 'wrong');
  expect(wrong).toEqual({
    status: 401,
    body: { error: 'invalid_grant', error_description: 'Invalid user credentials' },
  });
  expect(await issuer.byPassword('nobody@example.test', 'wrong')).toEqual(wrong);
  await issuer.users.setDisabled(known.id, true);
  expect(await issuer.byPassword(known.email, known.password)).toEqual(wrong);
});

test('guessing slows down, for known and unknown users alike, and a success ends it', async () => {
  const known = await newUser();
  const guesses = (email: string) =>
    Promise.all(Array.from({ length: 9 }, () => issuer.byPassword(email, 'guess')));
  const [atKnown, atUnknown] = await Promise.all([guesses(known.email), guesses('ghost@example.test')]);
  const statuses = (answers: TestAnswer[]) => answers.map(({ status }) => status).sort();
  expect(statuses(atKnown)).toEqual([401, 401, 401, 401, 401, 401, 429, 429, 429]);
  expect(statuses(atUnknown)).toEqual(statuses(atKnown));

  await issuer.pool.query(
    "UPDATE issuer_sign_in_failure SET blocked_until = now() + interval '1 hour' WHERE blocked_until > now()",
  );
  expect((await issuer.byPassword(known.email, known.password)).status).toBe(429);
  await issuer.pool.query("UPDATE issuer_sign_in_failure SET blocked_until = '-infinity'");
  expect((await issuer.byPassword(known.email, known.password)).status).toBe(200);
  expect((await issuer.byPassword(known.email, 'guess')).status).toBe(401);
  expect((await issuer.byPassword(known.email, known.password)).status).toBe(200);
});

test('a refresh token works once; used again it ends the whole sign-in', async () => {
  const { body } = await issuer.byPassword(ADA.email, ADA.password);
  const first = await issuer.refresh(body.refresh_token);
  expect(first.status).toBe(200);
  expect(decodeJwt(first.body.access_token ?? '')).toMatchObject({ email: ADA.email, typ: 'Bearer' });

  expect(await issuer.refresh(body.refresh_token)).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  });
  expect(await issuer.refresh(first.body.refresh_token)).toMatchObject({ status: 400 });
});

test('of two refreshes at once, one wins', async () => {
  const { body } = await issuer.byPassword(ADA.email, ADA.password);
  const answers = await Promise.all(Array.from({ length: 4 }, () => issuer.refresh(body.refresh_token)));
  expect(answers.filter(({ status }) => status === 200).length).toBe(1);
});

test('a refresh token ends with the user’s password and with the user', async () => {
  const user = await newUser();
  const before = await issuer.byPassword(user.email, user.password);
  await issuer.users.setPassword(user.id, 'another password');
  expect((await issuer.refresh(before.body.refresh_token)).status).toBe(400);
  const after = await issuer.byPassword(user.email, 'another password');
  expect(after.status).toBe(200);
  await issuer.users.setDisabled(user.id, true);
  expect((await issuer.refresh(after.body.refresh_token)).status).toBe(400);
});

test('client_credentials is for confidential clients', async () => {
  const { status, body } = await issuer.post('token', { grant_type: 'client_credentials' }, basic);
  expect(status).toBe(200);
  expect(decodeJwt(body.access_token ?? '')).toMatchObject({
    aud: 'plinth-api',
    azp: 'plinth-admin',
    typ: 'Bearer',
    preferred_username: 'service-account-plinth-admin',
  });
  const asForm = { grant_type: 'client_credentials', client_id: ADMIN.id, client_secret: ADMIN.secret };
  expect((await issuer.post('token', asForm)).status).toBe(200);
  expect(await issuer.post('token', { ...asForm, client_secret: 'no' })).toMatchObject({
    status: 401,
    body: { error: 'invalid_client' },
  });
  const asPublic = { grant_type: 'client_credentials', client_id: 'plinth-console' };
  expect((await issuer.post('token', asPublic)).status).toBe(400);
});

test('userinfo and introspection know a token until its sign-in ends', async () => {
  const { body } = await issuer.byPassword(ADA.email, ADA.password);
  const token = body.access_token ?? '';
  const userinfo = () =>
    fetch(`${issuer.connect}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  const introspect = (headers = basic) => issuer.post('token/introspect', { token }, headers);
  expect(await (await userinfo()).json()).toMatchObject({
    email: ADA.email,
    name: 'Ada',
    email_verified: true,
  });
  expect((await introspect()).body).toMatchObject({
    active: true,
    client_id: 'plinth-console',
    username: ADA.email,
    aud: 'plinth-api',
  });
  expect((await issuer.post('token/introspect', { token, client_id: 'plinth-console' })).status).toBe(403);
  expect((await introspect(basicOf('no'))).status).toBe(401);

  const fields = { client_id: 'plinth-console', refresh_token: body.refresh_token ?? '' };
  expect((await issuer.post('logout', fields)).status).toBe(204);
  expect((await userinfo()).status).toBe(401);
  expect((await introspect()).body).toEqual({ active: false });
  expect((await issuer.post('logout', fields)).body).toMatchObject({ error: 'invalid_grant' });
});

test('keys, sessions and refresh tokens outlive a restart, and a rotated key still verifies', async () => {
  const { body } = await issuer.byPassword(ADA.email, ADA.password);
  const token = body.access_token ?? '';
  const verify = () =>
    jwtVerify(token, createRemoteJWKSet(new URL(`${issuer.connect}/certs`)), { issuer: issuer.base });

  await issuer.rotateKey();
  await issuer.restart();
  await verify();
  const renewed = await issuer.refresh(body.refresh_token);
  expect(renewed.status).toBe(200);
  expect(decodeProtectedHeader(renewed.body.access_token ?? '').kid).not.toBe(
    decodeProtectedHeader(token).kid,
  );

  await issuer.rotateKey();
  await issuer.restart();
  await expect(verify()).rejects.toThrow('no applicable key');
  await expect(issuer.make(issuer.base, randomBytes(32))).rejects.toThrow('another master key');
});

test('the database holds nothing that could be presented as a token', async () => {
  const { body } = await issuer.byPassword(ADA.email, ADA.password);
  const { rows } = await issuer.pool.query('SELECT t::text AS row FROM issuer_artifact t');
  expect(rows.some(({ row }) => row.includes('RefreshToken'))).toBe(true);
  expect(rows.some(({ row }) => row.includes(body.refresh_token))).toBe(false);
  const keys = await issuer.pool.query("SELECT encode(sealed_key, 'escape') AS key FROM issuer_key");
  expect(keys.rows.some(({ key }) => key.includes('"d"'))).toBe(false);
});
