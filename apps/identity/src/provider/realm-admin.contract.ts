import { randomBytes } from 'node:crypto';
import { AppError, newId, newUlid } from '@plinth/contracts';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewRealmClient, NewRealmUser, RealmAdmin, RealmRef, UserQuery } from './realm-admin.ts';

// What identity relies on of whoever keeps the realms of tenants. A backend that cannot do a part of it says so, each time.

export interface RealmAdminUnderTest {
  admin: RealmAdmin;
  /** The issuer of a realm, as this machine reaches it, is this and its name. */
  issuerBase: string;
  stop(): Promise<void>;
}

const secretText = (): string => randomBytes(32).toString('base64url');

export function realmAdminContract(name: string, start: () => Promise<RealmAdminUnderTest>): void {
  describe(name, () => {
    let under: RealmAdminUnderTest;
    let realm: RealmRef;
    beforeAll(async () => {
      under = await start();
      realm = await newRealm();
    });
    afterAll(() => under.stop());

    async function newRealm(): Promise<RealmRef> {
      const made = { name: newId('realm'), secret: secretText() };
      await under.admin.ensureRealm(made);
      return made;
    }

    const issuerOf = (ref: RealmRef): string => `${under.issuerBase}/${ref.name}`;

    const publicClient = (more: Partial<NewRealmClient> = {}): NewRealmClient => ({
      id: `cli_${newUlid()}`,
      name: 'Storefront',
      type: 'public',
      redirectUris: ['https://shop.example.com/callback', 'com.example.shop:/callback'],
      clientCredentials: false,
      secret: undefined,
      ...more,
    });
    const confidentialClient = () =>
      publicClient({ type: 'confidential', redirectUris: [], clientCredentials: true, secret: secretText() });

    async function tokenOf(ref: RealmRef, client_id: string, client_secret = '') {
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
      const response = await fetch(`${issuerOf(ref)}/protocol/openid-connect/token`, {
        method: 'POST',
        body,
      });
      return { status: response.status, body: JSON.parse(await response.text()) };
    }

    /** Where the provider sends a browser, or that it shows a page of its own. */
    async function authorize(ref: RealmRef, client: NewRealmClient, more: Record<string, string> = {}) {
      const query = new URLSearchParams({
        client_id: client.id,
        response_type: 'code',
        redirect_uri: client.redirectUris[0] ?? '',
        scope: 'openid',
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
        ...more,
      });
      const url = `${issuerOf(ref)}/protocol/openid-connect/auth?${query}`;
      const { status, headers } = await fetch(url, { redirect: 'manual' });
      return { status, location: headers.get('location') ?? '' };
    }

    /** The backend does it, or says that it cannot. */
    async function ifAble<T>(work: () => Promise<T>): Promise<T | undefined> {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'CAPABILITY_UNAVAILABLE') throw error;
        expect(name).toBe('embedded');
        expect(error.message).toContain('Keycloak');
        return undefined;
      }
    }

    test('a realm is an issuer of its own, and made once', async () => {
      expect(under.admin.backend).toBe(name);
      await under.admin.ensureRealm(realm);
      const configuration = await fetch(`${issuerOf(realm)}/.well-known/openid-configuration`);
      expect(await configuration.json()).toMatchObject({
        issuer: issuerOf(realm),
        jwks_uri: `${issuerOf(realm)}/protocol/openid-connect/certs`,
        code_challenge_methods_supported: expect.arrayContaining(['S256']),
      });
      const unknown = await fetch(`${under.issuerBase}/${newId('realm')}/.well-known/openid-configuration`);
      expect(unknown.status).toBe(404);
    });

    test('clients are made, found, listed by falling id, and removed', async () => {
      const fresh = await newRealm();
      const clients = [publicClient(), confidentialClient(), publicClient()];
      for (const client of clients) await under.admin.putClient(fresh, client);
      const ids = clients.map(({ id }) => id).reverse();
      expect((await under.admin.listClients(fresh)).map(({ id }) => id)).toEqual(ids.sort().reverse());
      const [first] = clients;
      if (!first) throw new Error('there is no client');
      const { secret: _, redirectUris, ...shown } = first;
      const found = await under.admin.findClient(fresh, first.id);
      expect(found).toMatchObject({ ...shown, createdAt: expect.any(String) });
      expect(new Set(found?.redirectUris)).toEqual(new Set(redirectUris));
      expect(await under.admin.removeClient(fresh, first.id)).toBe(true);
      expect(await under.admin.removeClient(fresh, first.id)).toBe(false);
      expect(await under.admin.findClient(fresh, first.id)).toBeUndefined();
    });

    test('a client that is made again is the same one, with the later secret', async () => {
      const client = confidentialClient();
      await under.admin.putClient(realm, client);
      await under.admin.putClient(realm, client);
      const all = await under.admin.listClients(realm);
      expect(all.filter(({ id }) => id === client.id)).toHaveLength(1);
      expect((await tokenOf(realm, client.id, client.secret)).status).toBe(200);
    });

    test('a confidential client gets tokens of the realm, for our API, of five minutes at most', async () => {
      const client = confidentialClient();
      await under.admin.putClient(realm, client);
      const { status, body } = await tokenOf(realm, client.id, client.secret);
      expect(status, JSON.stringify(body)).toBe(200);
      const claims = decodeJwt(body.access_token);
      expect(claims).toMatchObject({ iss: issuerOf(realm), azp: client.id, typ: 'Bearer' });
      expect([claims.aud].flat()).toContain('plinth-api');
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(300);
      expect((await tokenOf(realm, client.id, 'another secret')).status).toBe(401);
      expect((await tokenOf(await newRealm(), client.id, client.secret)).status).toBe(401);
    });

    test('a sign-in begins with PKCE and a redirect URI to the letter, and with nothing else', async () => {
      const client = publicClient();
      await under.admin.putClient(realm, client);
      const good = await authorize(realm, client);
      expect([200, 303]).toContain(good.status);
      expect(good.location).not.toContain('error=');
      const appUri = client.redirectUris[1] ?? '';
      expect([200, 303]).toContain((await authorize(realm, client, { redirect_uri: appUri })).status);

      const strange = await authorize(realm, client, { redirect_uri: 'https://shop.example.com/callback/x' });
      expect([strange.status, strange.location]).toEqual([400, '']);
      const query = { code_challenge: '', code_challenge_method: '' };
      const withoutPkce = await authorize(realm, client, query);
      expect(withoutPkce.location).toContain('error=invalid_request');
      expect((await tokenOf(realm, client.id)).status).toBeGreaterThanOrEqual(400);
    });

    test('a realm that is disabled signs nobody in, and keeps what it has', async () => {
      const fresh = await newRealm();
      const client = confidentialClient();
      await under.admin.putClient(fresh, client);
      await under.admin.setEnabled(fresh, false);
      expect((await tokenOf(fresh, client.id, client.secret)).status).toBeGreaterThanOrEqual(400);
      await under.admin.setEnabled(fresh, true);
      await under.admin.setEnabled(fresh, true);
      expect((await tokenOf(fresh, client.id, client.secret)).status).toBe(200);
    });

    test('a client is changed, and its secret', async () => {
      const client = confidentialClient();
      await under.admin.putClient(realm, client);
      const redirectUris = ['https://shop.example.com/other'];
      const changed = await ifAble(() =>
        under.admin.updateClient(realm, client.id, { name: 'Backend', redirectUris }),
      );
      if (!changed) return;
      expect(changed).toMatchObject({
        id: client.id,
        name: 'Backend',
        redirectUris,
        clientCredentials: true,
      });
      expect(await under.admin.findClient(realm, client.id)).toEqual(changed);
      expect((await tokenOf(realm, client.id, client.secret)).status).toBe(200);

      const secret = secretText();
      await under.admin.setClientSecret(realm, client.id, secret);
      expect((await tokenOf(realm, client.id, client.secret)).status).toBe(401);
      expect((await tokenOf(realm, client.id, secret)).status).toBe(200);
      expect(await under.admin.updateClient(realm, 'cli_none', { name: 'None' })).toBeUndefined();
      expect(await under.admin.setClientSecret(realm, 'cli_none', secret)).toBeUndefined();
    });

    test('a new realm has no roles of its own', async () => {
      expect(await under.admin.listRoles(await newRealm())).toEqual([]);
    });

    test('roles are made once, described, found by name, and removed', async () => {
      const fresh = await newRealm();
      const editor = { name: 'editor', description: 'May change articles' };
      const made = await ifAble(() => under.admin.makeRole(fresh, editor, 'first'));
      if (!made) return;
      expect(made).toEqual(editor);
      expect(await under.admin.makeRole(fresh, editor, 'first')).toEqual(editor);
      expect(await under.admin.makeRole(fresh, editor, 'second')).toBeUndefined();
      await under.admin.makeRole(fresh, { name: 'author', description: '' }, 'third');
      expect((await under.admin.listRoles(fresh)).map(({ name }) => name)).toEqual(['author', 'editor']);
      const described = { name: 'editor', description: 'May do more' };
      expect(await under.admin.describeRole(fresh, described)).toEqual(described);
      expect(await under.admin.findRole(fresh, 'editor')).toEqual(described);
      expect(await under.admin.removeRole(fresh, 'editor')).toBe(true);
      expect(await under.admin.removeRole(fresh, 'editor')).toBe(false);
      expect(await under.admin.findRole(fresh, 'editor')).toBeUndefined();
      expect(await under.admin.describeRole(fresh, described)).toBeUndefined();
      for (const builtIn of ['offline_access', `default-roles-${fresh.name.toLowerCase()}`]) {
        expect(await under.admin.findRole(fresh, builtIn)).toBeUndefined();
        expect(await under.admin.removeRole(fresh, builtIn)).toBe(false);
      }
    });

    test('users are made once, listed by address, changed, given roles, and removed', async () => {
      const fresh = await newRealm();
      const grace: NewRealmUser = {
        email: 'grace@example.test',
        displayName: 'Grace',
        emailVerified: true,
        enabled: true,
        password: 'a password of Grace',
      };
      const made = await ifAble(() => under.admin.makeUser(fresh, grace, 'first'));
      if (!made) return;
      const { password: _, ...shown } = grace;
      expect(made).toMatchObject({ ...shown, id: expect.any(String), createdAt: expect.any(String) });
      expect(await under.admin.makeUser(fresh, grace, 'first')).toEqual(made);
      expect(await under.admin.makeUser(fresh, grace, 'second')).toBeUndefined();
      const ada = { ...grace, email: 'ada@example.test', displayName: undefined, password: undefined };
      await under.admin.makeUser(fresh, ada, 'third');
      const listed = async (query: Partial<UserQuery>) =>
        (await under.admin.listUsers(fresh, { email: undefined, first: 0, max: 10, ...query })).map(
          ({ email }) => email,
        );
      expect(await listed({})).toEqual([ada.email, grace.email]);
      expect(await listed({ first: 1 })).toEqual([grace.email]);
      expect(await listed({ max: 1 })).toEqual([ada.email]);
      expect(await listed({ email: grace.email })).toEqual([grace.email]);
      expect(await listed({ email: 'nobody@example.test' })).toEqual([]);

      const { id } = made;
      const changed = await under.admin.updateUser(fresh, id, {
        displayName: 'Grace Hopper',
        enabled: false,
      });
      expect(changed).toEqual({ ...made, displayName: 'Grace Hopper', enabled: false });
      expect(await under.admin.findUser(fresh, id)).toEqual(changed);
      expect(await under.admin.makeUser(fresh, grace, 'first')).toEqual(changed);

      await under.admin.makeRole(fresh, { name: 'editor', description: '' }, 'role');
      expect(await under.admin.rolesOfUser(fresh, id)).toEqual([]);
      expect(await under.admin.setRolesOfUser(fresh, id, ['editor'])).toEqual(['editor']);
      expect(await under.admin.setRolesOfUser(fresh, id, ['editor'])).toEqual(['editor']);
      expect(await under.admin.rolesOfUser(fresh, id)).toEqual(['editor']);
      await expect(under.admin.setRolesOfUser(fresh, id, ['none'])).rejects.toThrow('Role none not found');
      expect(await under.admin.setRolesOfUser(fresh, id, [])).toEqual([]);

      const itself = { ...ada, email: 'itself@example.test', password: 'itself@example.test' };
      await expect(under.admin.makeUser(fresh, itself, 'fourth')).rejects.toMatchObject({
        code: 'BUSINESS_RULE_VIOLATED',
      });
      expect(await under.admin.removeUser(fresh, id)).toBe(true);
      expect(await under.admin.removeUser(fresh, id)).toBe(false);
      for (const nobody of [id, 'usr_none']) {
        expect(await under.admin.findUser(fresh, nobody)).toBeUndefined();
        expect(await under.admin.updateUser(fresh, nobody, { enabled: true })).toBeUndefined();
        expect(await under.admin.rolesOfUser(fresh, nobody)).toBeUndefined();
        expect(await under.admin.setRolesOfUser(fresh, nobody, [])).toBeUndefined();
      }
    });

    test('the clients by which a provider is administered are none of the realm’s', async () => {
      for (const id of ['plinth-admin', 'admin-cli', 'account', 'realm-management']) {
        expect(await under.admin.findClient(realm, id)).toBeUndefined();
        expect(await under.admin.removeClient(realm, id)).toBe(false);
      }
      const byPassword = new URLSearchParams({
        grant_type: 'password',
        client_id: 'admin-cli',
        username: 'nobody@example.test',
        password: 'a password of nobody',
      });
      const url = `${issuerOf(realm)}/protocol/openid-connect/token`;
      const answer = await fetch(url, { method: 'POST', body: byPassword });
      expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/_client$/) });
    });
  });
}
