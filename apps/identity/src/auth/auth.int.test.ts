import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADA, type Identity, ROBOT, startIdentity } from '../testing/harness.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

const TOKEN = '/v1/auth/token';
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
    const { status, body } = await identity.post(TOKEN, { grant_type: 'client_credentials', ...ROBOT });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).not.toHaveProperty('refresh_token');
    expect(decodeJwt(body.access_token)).toMatchObject({ azp: ROBOT.client_id });
  });
});
