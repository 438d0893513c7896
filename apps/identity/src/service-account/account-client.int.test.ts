import type { AuditEvent, Caller, Permission } from '@plinth/contracts';
import { testMember } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKeys, shownKey } from '../testing/api-keys.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';
import {
  type AccountExchanges,
  ACCOUNTS,
  accountToken,
  createAccountExchanges,
  newAccountWithClient,
} from '../testing/service-accounts.ts';

// The OAuth client by which a service account signs in as itself, at either provider.

const {
  PLINTH_TEST_KEYCLOAK_URL: keycloakUrl,
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_ID: adminId = '',
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_SECRET: adminSecret = '',
  // biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Keycloak.
} = process.env;

accountClientSuite('embedded', () => startIdentity());
if (keycloakUrl) {
  accountClientSuite('keycloak', () =>
    startIdentity({
      IDENTITY_PROVIDER: 'keycloak',
      KEYCLOAK_URL: keycloakUrl,
      ISSUER_URL: `${keycloakUrl}/realms/plinth`,
      KEYCLOAK_ADMIN_CLIENT_ID: adminId,
      KEYCLOAK_ADMIN_CLIENT_SECRET: adminSecret,
    }),
  );
}

function accountClientSuite(name: string, start: () => Promise<Identity>): void {
  describe(name, () => {
    let identity: Identity;
    let exchanges: AccountExchanges;
    beforeAll(async () => {
      identity = await start();
      exchanges = createAccountExchanges(identity);
      if (name === 'embedded') await identity.app.listen({ host: '127.0.0.1', port: identity.port });
    });
    afterAll(() => identity.close());

    type Credentials = Awaited<ReturnType<typeof newAccountWithClient>>['credentials'];

    const newAccount = (more?: object, owner?: Caller) => newAccountWithClient(identity, more, owner);
    const send = (
      caller: Caller,
      method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
      url: string,
      more: object = {},
    ) => identity.send(caller, { method, url, ...more });
    const codeOf = ({ status, body }: { status: number; body: { error?: { code: string } } }) => [
      status,
      body.error?.code,
    ];

    const signIn = (credentials: Credentials) =>
      identity.post('/v1/auth/token', { grant_type: 'client_credentials', ...credentials });

    /** At the provider itself. */
    async function statusAtIssuer(credentials: Credentials): Promise<number> {
      const issuer = name === 'keycloak' ? `${keycloakUrl}/realms/plinth` : identity.issuerUrl;
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...credentials });
      return (await fetch(`${issuer}/protocol/openid-connect/token`, { method: 'POST', body })).status;
    }

    describe('the client', () => {
      test('is called as its account, and its secret is shown once', async () => {
        const owner = testMember('owner');
        const { body: account } = await send(owner, 'POST', ACCOUNTS, { payload: { name: 'A', role: 'ci' } });
        expect(account).toMatchObject({ clientId: null, clientSecretAt: null });
        const url = `${ACCOUNTS}/${account.id}`;
        const made = await send(owner, 'POST', `${url}/client`);
        expect([made.status, made.headers.location]).toEqual([201, url]);
        expect(made.headers['cache-control']).toBe('no-store');
        expect(made.body).toMatchObject({
          id: account.id,
          clientId: account.id,
          clientSecretAt: expect.any(String),
          clientSecret: expect.stringMatching(/^[\w-]{43}$/),
          etag: '"2"',
        });
        const { clientSecret: _, ...shown } = made.body;
        expect((await send(owner, 'GET', url)).body).toEqual(shown);
        expect(codeOf(await send(owner, 'POST', `${url}/client`))).toEqual([409, 'CONFLICT']);
      });

      test('signs in here and at the issuer, with the right secret', async () => {
        const { credentials } = await newAccount();
        expect((await signIn(credentials)).status).toBe(200);
        expect(await statusAtIssuer(credentials)).toBe(200);
        const wrong = { ...credentials, client_secret: 'another secret' };
        expect(codeOf(await signIn(wrong))).toEqual([401, 'INVALID_CLIENT']);
        expect(await statusAtIssuer(wrong)).toBe(401);
      });

      test('whose secret somebody guesses at, or which is disabled, is told to its organization', async () => {
        const { owner, url, account, credentials } = await newAccount();
        await signIn({ ...credentials, client_secret: 'a guess' });
        await send(owner, 'PATCH', url, { payload: { status: 'disabled' } });
        await signIn(credentials);
        const entries = async () => {
          const rows = await identity.database.query<{ payload: AuditEvent }>(
            `select payload from outbox where kind = 'audit' and organization_id = $1
               and payload ->> 'action' = 'auth.token' order by id`,
            [owner.organizationId],
          );
          return rows.map(({ payload }) => payload);
        };
        await expect.poll(async () => (await entries()).length).toBe(2);
        const denied = { grantType: 'client_credentials', code: 'INVALID_CLIENT', times: 1 };
        expect(await entries()).toEqual(
          [denied, { ...denied, reason: 'disabled' }].map((changes) =>
            expect.objectContaining({
              outcome: 'denied',
              actor: { kind: 'anonymous', id: '' },
              target: { kind: 'client', id: account.id },
              changes,
            }),
          ),
        );
      });

      test('is made once for one key, with one secret', async () => {
        const owner = testMember('owner');
        const { body: account } = await send(owner, 'POST', ACCOUNTS, { payload: { name: 'A', role: 'ci' } });
        const url = `${ACCOUNTS}/${account.id}/client`;
        const headers = { 'idempotency-key': 'client-once' };
        const [first, second] = [
          await send(owner, 'POST', url, { headers }),
          await send(owner, 'POST', url, { headers }),
        ];
        expect(second.headers['x-idempotency-replayed']).toBe('true');
        expect(second.body).toEqual(first.body);
        const { clientId: client_id, clientSecret: client_secret } = first.body;
        expect((await signIn({ client_id, client_secret })).status).toBe(200);
      });

      test('gets a new secret, and the old one signs nobody in', async () => {
        const { owner, url, account, credentials } = await newAccount();
        const { status, body } = await send(owner, 'POST', `${url}/client/secret`);
        expect([status, body.id]).toEqual([200, account.id]);
        expect(body.clientSecret).not.toBe(credentials.client_secret);
        expect(codeOf(await signIn(credentials))).toEqual([401, 'INVALID_CLIENT']);
        expect((await signIn({ ...credentials, client_secret: body.clientSecret })).status).toBe(200);
        expect((await exchanges.exchange(account.id)).principal).toBe(account.id);
      });

      test('has one secret, whoever makes or rotates it at the same moment', async () => {
        const owner = testMember('owner');
        const { body: account } = await send(owner, 'POST', ACCOUNTS, { payload: { name: 'A', role: 'ci' } });
        const url = `${ACCOUNTS}/${account.id}/client`;
        const both = (path: string) =>
          Promise.all(
            ['one', 'other'].map((key) =>
              send(owner, 'POST', path, { headers: { 'idempotency-key': `${path}-${key}` } }),
            ),
          );
        const made = await both(url);
        expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
        const rotated = await both(`${url}/secret`);
        expect(rotated.map(({ status }) => status)).toEqual([200, 200]);
        const secrets = [...made, ...rotated]
          .filter(({ status }) => status < 300)
          .map(({ body }) => ({ etag: body.etag, client_secret: body.clientSecret }))
          .sort((a, b) => (a.etag < b.etag ? -1 : 1));
        const statuses: number[] = [];
        for (const { client_secret } of secrets)
          statuses.push((await signIn({ client_id: account.id, client_secret })).status);
        expect(statuses).toEqual([401, 401, 200]);
      });

      test('is taken away: it signs nobody in, its tokens are no good, and keys go on', async () => {
        const { owner, url, account, credentials } = await newAccount();
        const token = accountToken(account.id);
        const key = await createApiKeys(identity).create(owner, { serviceAccountId: account.id });
        const removed = await send(owner, 'DELETE', `${url}/client`);
        expect(removed.body).toMatchObject({ id: account.id, status: 'active', clientId: null });
        expect(removed.headers['x-plinth-revoked']).toBe(`principal:${account.id}`);
        expect(codeOf(await signIn(credentials))).toEqual([401, 'INVALID_CLIENT']);
        await expect.poll(() => statusAtIssuer(credentials)).toBe(401);
        expect((await exchanges.refusal(account.id, { token }))[0]).toBe(401);
        expect(await exchanges.refusal(account.id, { token: accountToken(account.id, laterBy(2)) })).toEqual([
          401,
          'TOKEN_INVALID',
        ]);
        expect((await exchanges.ask(account.id, { token: undefined, key: shownKey(key.key) })).status).toBe(
          200,
        );
        expect(codeOf(await send(owner, 'DELETE', `${url}/client`))).toEqual([404, 'CLIENT_NOT_FOUND']);
        expect(codeOf(await send(owner, 'POST', `${url}/client/secret`))).toEqual([404, 'CLIENT_NOT_FOUND']);

        const again = await send(owner, 'POST', `${url}/client`);
        expect(again.body.clientSecret).not.toBe(credentials.client_secret);
        expect((await signIn({ ...credentials, client_secret: again.body.clientSecret })).status).toBe(200);
        // What the former one got is not good again with the next.
        expect(await exchanges.refusal(account.id, { token })).toEqual([401, 'TOKEN_REVOKED']);
        expect(
          (await exchanges.exchange(account.id, { token: accountToken(account.id, laterBy(2)) })).principal,
        ).toBe(account.id);
      });

      test('is given by nobody weaker than its account', async () => {
        const { owner, url, account } = await newAccount();
        const { organizationId } = owner;
        const permissions: Permission[] = ['serviceAccounts:write', 'rows:read'];
        const weak = testMember('admin', { organizationId, permissions });
        expect(codeOf(await send(weak, 'POST', `${url}/client/secret`))).toEqual([403, 'PERMISSION_CEILING']);
        expect((await send(weak, 'DELETE', `${url}/client`)).status).toBe(200);
        expect(codeOf(await send(weak, 'POST', `${url}/client`))).toEqual([403, 'PERMISSION_CEILING']);
        expect((await send(owner, 'GET', url)).body).toMatchObject({ id: account.id, clientId: null });
      });

      test('is on record with every change, and its secrets are not', async () => {
        const { owner, url, account, credentials } = await newAccount();
        const { body } = await send(owner, 'POST', `${url}/client/secret`, {
          headers: { 'idempotency-key': 'rotated-on-record' },
        });
        await send(owner, 'DELETE', `${url}/client`);
        const rows = await identity.database.query<{ payload: AuditEvent }>(
          `select payload from outbox where kind = 'audit' and payload -> 'target' ->> 'id' = $1 order by id`,
          [account.id],
        );
        expect(rows.map(({ payload }) => payload.action)).toEqual([
          'serviceAccount.create',
          'serviceAccount.createClient',
          'serviceAccount.rotateClientSecret',
          'serviceAccount.removeClient',
        ]);
        const [dump] = await identity.database.query<{ text: string }>(
          `select concat((select string_agg(t::text, '') from outbox t), (select string_agg(t::text, '') from service_account t),
             (select string_agg(t::text, '') from idempotency_record t), (select string_agg(t::text, '') from issuer_client t)) as text`,
        );
        expect(dump?.text).toContain(account.id);
        for (const secret of [credentials.client_secret, body.clientSecret]) {
          expect(dump?.text).not.toContain(secret);
          expect(dump?.text).not.toContain(Buffer.from(secret).toString('hex'));
        }
      });

      test('signs nobody in while its account is disabled, nor any more once that is deleted', async () => {
        const { owner, url, account, credentials } = await newAccount();
        await send(owner, 'PATCH', url, { payload: { status: 'disabled' } });
        expect(await exchanges.refusal(account.id)).toEqual([401, 'TOKEN_INVALID']);
        expect(codeOf(await signIn(credentials))).toEqual([401, 'INVALID_CLIENT']);
        await send(owner, 'PATCH', url, { payload: { status: 'active' } });
        expect((await exchanges.exchange(account.id)).principal).toBe(account.id);
        expect((await signIn(credentials)).status).toBe(200);
        const deleted = await send(owner, 'DELETE', url);
        expect(deleted.headers['x-plinth-revoked']).toBe(`membership:${account.id}`);
        expect(await exchanges.refusal(account.id)).toEqual([401, 'TOKEN_INVALID']);
        expect(codeOf(await signIn(credentials))).toEqual([401, 'INVALID_CLIENT']);
        await expect.poll(() => statusAtIssuer(credentials)).toBe(401);
      });
    });

    describe('what a crash leaves', () => {
      const leave = (id: string, set: string) =>
        identity.database.query(
          `update service_account set client_attempt = 'crashed', ${set} where id = $1`,
          [id],
        );
      const OVER = "client_locked_until = now() - interval '1 second'";

      test('a client that was made and not recorded is swept away', async () => {
        const { account, credentials } = await newAccount();
        await leave(account.id, `client_created_at = null, client_secret_at = null, ${OVER}`);
        expect(await statusAtIssuer(credentials)).toBe(200);
        expect(await exchanges.refusal(account.id)).toEqual([401, 'TOKEN_INVALID']);
        await identity.deps.services.accountClients.sweep();
        expect(await statusAtIssuer(credentials)).toBe(401);
      });

      test('a secret that was changed and not recorded leaves the client to be rotated again', async () => {
        const { owner, account, url, credentials } = await newAccount();
        await leave(account.id, OVER);
        await identity.deps.services.accountClients.sweep();
        expect((await signIn(credentials)).status).toBe(200);
        const { body } = await send(owner, 'POST', `${url}/client/secret`);
        expect((await signIn({ ...credentials, client_secret: body.clientSecret })).status).toBe(200);
      });

      test('a change that is under way is not mixed with another, and ends by itself', async () => {
        const { owner, account, url } = await newAccount();
        await leave(account.id, "client_locked_until = now() + interval '1 minute'");
        expect(codeOf(await send(owner, 'POST', `${url}/client/secret`))).toEqual([409, 'CONFLICT']);
        await identity.deps.services.accountClients.sweep();
        await leave(account.id, OVER);
        expect((await send(owner, 'POST', `${url}/client/secret`)).status).toBe(200);
      });
    });
  });
}

const laterBy = (seconds: number) => {
  const now = Math.floor(Date.now() / 1_000) + seconds;
  return { issuedAt: now, expiresAt: now + 300 };
};
