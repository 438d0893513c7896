import { randomBytes, randomUUID } from 'node:crypto';
import { type AppError, type ErrorCode, newId } from '@plinth/contracts';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signInByBrowser } from '../testing/browser.ts';
import type { AccountClient } from './account-clients.ts';
import type { IdentityProvider, TokenRequest } from './provider.ts';

// What identity relies on, whoever the provider is.

export interface ProviderUnderTest {
  provider: IdentityProvider;
  issuerUrl: string;
  /** Where a sign-in in the browser may return to. */
  redirectUri: string;
  stop(): Promise<void>;
}

const CONSOLE = 'plinth-console';
const secretText = (): string => randomBytes(32).toString('base64url');

export function providerContract(name: string, start: () => Promise<ProviderUnderTest>): void {
  describe(name, () => {
    let under: ProviderUnderTest;
    beforeAll(async () => {
      under = await start();
    });
    afterAll(() => under.stop());

    async function newUser() {
      const email = `${randomBytes(6).toString('hex')}@example.test`;
      const user = { email, password: `password of ${email.slice(0, 6)}` };
      expect(await under.provider.ensureUser(user)).toEqual({ created: true });
      return { ...user, byPassword: byPassword(email, user.password) };
    }

    const byPassword = (username: string, password: string): TokenRequest => ({
      grant_type: 'password',
      client_id: CONSOLE,
      username,
      password,
    });

    async function refusalOf(request: TokenRequest) {
      const error = await under.provider.token(request).then(
        () => undefined,
        (thrown: AppError) => thrown,
      );
      return { code: error?.code, details: error?.details };
    }

    test('answers its check, as the issuer of its tokens', async () => {
      await under.provider.check();
      expect(under.provider.backend).toBe(name);
    });

    test('makes a user once, who signs in by password', async () => {
      const user = await newUser();
      const again = await under.provider.ensureUser({ ...user, password: 'quite another password' });
      expect(again).toEqual({ created: false });

      const tokens = await under.provider.token({ ...user.byPassword, scope: 'openid' });
      expect(tokens).toMatchObject({
        token_type: 'Bearer',
        expires_in: expect.closeTo(300, -1),
        refresh_token: expect.any(String),
        refresh_expires_in: expect.any(Number),
        id_token: expect.any(String),
      });
      const claims = decodeJwt(tokens.access_token);
      expect(claims).toMatchObject({
        iss: under.issuerUrl,
        typ: 'Bearer',
        azp: CONSOLE,
        email: user.email,
        email_verified: true,
      });
      expect([claims.aud].flat()).toContain('plinth-api');
    });

    test('takes a name for people', async () => {
      const email = `${randomBytes(6).toString('hex')}@example.test`;
      const user = { email, password: 'a password of Grace', displayName: 'Grace Hopper' };
      expect(await under.provider.ensureUser(user)).toEqual({ created: true });
      await under.provider.token(byPassword(email, user.password));
    });

    test('gives tokens for the code of a sign-in in the browser, once and with its verifier', async () => {
      const user = await newUser();
      const signIn = () => signInByBrowser(under.issuerUrl, under.redirectUri, user);
      const stolen = { ...(await signIn()), code_verifier: 'v'.repeat(43) };
      expect(await refusalOf(stolen)).toMatchObject({ code: 'INVALID_GRANT' });
      const request = await signIn();
      const { access_token } = await under.provider.token(request);
      expect(decodeJwt(access_token)).toMatchObject({ email: user.email, azp: CONSOLE });
      expect(await refusalOf(request)).toMatchObject({ code: 'INVALID_GRANT' });
    });

    test('refreshes once: a refresh token that was used is refused', async () => {
      const { byPassword } = await newUser();
      const first = await under.provider.token(byPassword);
      const refresh = { grant_type: 'refresh_token', client_id: CONSOLE } as const;
      const request = { ...refresh, refresh_token: first.refresh_token ?? '' };
      const second = await under.provider.token(request);
      expect(second.access_token).not.toBe(first.access_token);
      expect(await refusalOf(request)).toMatchObject({ code: 'INVALID_GRANT' });
    });

    test('signs a user out everywhere, and lets it sign in anew', async () => {
      const user = await newUser();
      const [one, other] = [
        await under.provider.token(user.byPassword),
        await under.provider.token(user.byPassword),
      ];
      await under.provider.signOut(String(decodeJwt(one.access_token).sub));
      for (const { refresh_token = '' } of [one, other]) {
        const request = { grant_type: 'refresh_token', client_id: CONSOLE, refresh_token } as const;
        expect(await refusalOf(request)).toMatchObject({ code: 'INVALID_GRANT' });
      }
      await under.provider.token(user.byPassword);
      await under.provider.signOut(randomUUID());
    });

    async function newAccount(): Promise<{ client: AccountClient; request: TokenRequest }> {
      const client = { id: newId('serviceAccount'), name: 'Loader', secret: secretText() };
      await under.provider.accountClients.put(client);
      return { client, request: bySecret(client) };
    }

    const bySecret = ({ id, secret }: Pick<AccountClient, 'id' | 'secret'>): TokenRequest => ({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
    });

    test('gives the client of a service account tokens of its own, for our API, and nobody else’s', async () => {
      const { client, request } = await newAccount();
      const tokens = await under.provider.token(request);
      expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: expect.closeTo(300, -1) });
      expect(tokens).not.toHaveProperty('refresh_token');
      expect(tokens).not.toHaveProperty('refresh_expires_in');
      const claims = decodeJwt(tokens.access_token);
      const { id } = client;
      expect(claims).toMatchObject({ iss: under.issuerUrl, typ: 'Bearer', azp: id, client_id: id });
      expect(claims.sub).toEqual(expect.any(String));
      expect([claims.aud].flat()).toEqual(['plinth-api']);
      for (const name of ['email', 'sid', 'realm_access', 'resource_access'])
        expect(claims).not.toHaveProperty(name);
    });

    test('takes no user through the client of a service account', async () => {
      const { client } = await newAccount();
      const user = await newUser();
      const byUser = { ...user.byPassword, client_id: client.id, client_secret: client.secret };
      expect(await refusalOf(byUser)).toMatchObject({ code: 'UNAUTHORIZED_CLIENT' });
      const query = new URLSearchParams({
        client_id: client.id,
        response_type: 'code',
        redirect_uri: under.redirectUri,
        scope: 'openid',
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
      });
      const url = `${under.issuerUrl}/protocol/openid-connect/auth?${query}`;
      const { status, headers } = await fetch(url, { redirect: 'manual' });
      expect([status, headers.get('location')]).toEqual([400, null]);
    });

    test('makes the client of a service account anew with another secret, and takes it away for good', async () => {
      const { client, request } = await newAccount();
      await under.provider.accountClients.put(client);
      await under.provider.token(request);
      const next = { ...client, secret: secretText() };
      await under.provider.accountClients.put(next);
      expect(await refusalOf(request)).toMatchObject({ code: 'INVALID_CLIENT' });
      await under.provider.token(bySecret(next));
      for (const id of [client.id, client.id, newId('serviceAccount')])
        await under.provider.accountClients.remove(id);
      expect(await refusalOf(bySecret(next))).toMatchObject({ code: 'INVALID_CLIENT' });
      await under.provider.accountClients.put(client);
      await under.provider.token(request);
    });

    test('tells a wrong password from an unknown user to nobody', async () => {
      const { email } = await newUser();
      const wrong = await refusalOf(byPassword(email, 'not the password'));
      expect(wrong.code).toBe('INVALID_GRANT');
      expect(await refusalOf(byPassword('nobody@example.test', 'not the password'))).toEqual(wrong);
    });

    test('tells an unknown client from a wrong secret to nobody', async () => {
      const { request } = await newAccount();
      const wrong = await refusalOf({ ...request, client_secret: 'not the secret' });
      expect(wrong.code).toBe('INVALID_CLIENT');
      expect(await refusalOf({ ...request, client_id: newId('serviceAccount') })).toEqual(wrong);
    });

    const made = {
      code: 'made-up',
      code_verifier: 'v'.repeat(43),
      redirect_uri: 'http://127.0.0.1/callback',
    };
    test.each<[string, TokenRequest, ErrorCode]>([
      ['a code', { grant_type: 'authorization_code', client_id: CONSOLE, ...made }, 'INVALID_GRANT'],
      [
        'a refresh token',
        { grant_type: 'refresh_token', client_id: CONSOLE, refresh_token: 'made-up' },
        'INVALID_GRANT',
      ],
      [
        'a grant that its client lacks',
        { grant_type: 'client_credentials', client_id: CONSOLE },
        'UNAUTHORIZED_CLIENT',
      ],
    ])('refuses %s with the code of OAuth', async (_, request, code) => {
      expect(await refusalOf(request)).toMatchObject({ code, details: { error: code.toLowerCase() } });
    });
  });
}
