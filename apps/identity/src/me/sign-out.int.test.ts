import { testMember } from '@plinth/testing';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA, type Identity, startIdentity } from '../testing/harness.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

async function signIn() {
  const { status, body } = await identity.post('/v1/auth/token', {
    grant_type: 'password',
    username: ADA.email,
    password: ADA.password,
  });
  expect(status, JSON.stringify(body)).toBe(200);
  const { sub = '', iat = 0 } = decodeJwt(body.access_token);
  const token = {
    issuer: identity.issuerUrl,
    subject: sub,
    email: ADA.email,
    emailVerified: true,
    clientId: 'plinth-console',
    issuedAt: iat,
    expiresAt: iat + 300,
  };
  return { token, refresh: { refresh_token: body.refresh_token } };
}

type SignIn = Awaited<ReturnType<typeof signIn>>;

const exchange = async ({ token }: SignIn) => {
  const input = { token, scope: {}, organization: 'optional', service: 'identity' };
  const { status, body } = await identity.internal('passport.exchange', input);
  return { status, principal: body.result?.data.principal, code: body.error?.data.code };
};

test('ends every sign-in from before, and none after', async () => {
  const [phone, laptop] = [await signIn(), await signIn()];
  const { principal: id } = await exchange(phone);
  const { status, headers, body } = await identity.send(
    { ...testMember('viewer'), id },
    { method: 'POST', url: '/v1/me/sign-out', payload: { everywhere: true } },
  );
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body).toEqual({ principalId: id, signedOutAt: expect.any(String) });
  expect(headers['x-plinth-revoked']).toBe(`principal:${id}`);
  for (const one of [phone, laptop]) {
    expect(await exchange(one)).toMatchObject({ status: 401, code: 'TOKEN_REVOKED' });
    expect((await identity.post('/v1/auth/refresh', one.refresh)).status).toBe(401);
  }
  expect(await exchange(await signIn())).toMatchObject({ status: 200, principal: id });
});

test('is not done by chance', async () => {
  const request = { method: 'POST', url: '/v1/me/sign-out', payload: {} } as const;
  const { status, body } = await identity.send(testMember(), request);
  expect([status, body.error.details.fields[0].path]).toEqual([400, 'everywhere']);
});

test('is for people: a key is told what to do instead', async () => {
  const key = { ...testMember('owner'), kind: 'apiKey' as const, id: 'key_1' };
  const request = { method: 'POST', url: '/v1/me/sign-out', payload: { everywhere: true } } as const;
  const { status, body } = await identity.send(key, request);
  expect([status, body.error.code]).toEqual([422, 'BUSINESS_RULE_VIOLATED']);
});
