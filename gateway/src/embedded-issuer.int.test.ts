import { hkdfSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDatabase, migrate } from '@plinth/database';
import { createIssuer, ISSUER_MIGRATIONS, type Issuer } from '@plinth/embedded';
import { createTestDatabase } from '@plinth/testing';
import { onTestFinished, expect, test } from 'vitest';
import { codeOf } from './authenticate/test-issuer.ts';
import { createTokenVerifier } from './authenticate/token-verifier.ts';

// The embedded issuer signs with another key from its next start on, while its tokens are verified: none is refused,
// neither one of before nor the first of after.

const ADA = { email: 'ada@example.test', password: 'correct horse', displayName: 'Ada' };
const CLIENT = 'plinth-console';
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function startIssuer() {
  const testDatabase = await createTestDatabase({
    template: 'gateway_issuer',
    migrate: (url) => migrate({ url, directories: [ISSUER_MIGRATIONS], log: silent }),
  });
  const database = createDatabase({ url: testDatabase.url, applicationName: 'issuer', log: silent });
  const masterKey = randomBytes(32);
  const state: { issuer?: Issuer } = {};
  const server = createServer((request, response) => state.issuer?.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/plinth`;

  async function restart(): Promise<Issuer> {
    const next = await createIssuer({
      issuerUrl,
      database: { query: (text, values) => database.query(text, values ?? []) },
      masterSecret: (purpose) => Buffer.from(hkdfSync('sha256', masterKey, '', purpose, 32)),
      clients: [{ id: CLIENT, grants: ['password'], redirectUris: [], postLogoutRedirectUris: [] }],
      audience: 'plinth-api',
      accessTokenSeconds: 300,
      log: silent,
    });
    state.issuer?.close();
    state.issuer = next;
    return next;
  }

  const issuer = await restart();
  await issuer.users.ensure(ADA);
  onTestFinished(async () => {
    state.issuer?.close();
    server.closeAllConnections();
    server.close();
    await database.close();
    await testDatabase.drop();
  });
  return { issuerUrl, restart, rotateKey: issuer.rotateKey };
}

test('an embedded issuer that signs with another key from now on has no token refused', async () => {
  const { issuerUrl, restart, rotateKey } = await startIssuer();
  const verifier = createTokenVerifier({
    issuerUrl,
    jwksUrls: [`${issuerUrl}/protocol/openid-connect/certs`],
    audience: 'plinth-api',
    clients: [CLIENT],
  });
  onTestFinished(verifier.close);
  async function signIn(): Promise<string> {
    const answer = await fetch(`${issuerUrl}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: CLIENT,
        username: ADA.email,
        password: ADA.password,
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  const before = await signIn();
  const keys = new Set<string | undefined>();
  const verdicts = new Set<string>();
  let isOver = false;
  const callers = [signIn, signIn, async () => before].map(async (tokenNow) => {
    while (!isOver) {
      const token = await tokenNow();
      keys.add(token.split('.')[0]);
      verdicts.add(await codeOf(verifier.verify(token)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  await expect.poll(() => keys.size).toBe(1);
  await rotateKey();
  await restart();
  await expect.poll(() => keys.size).toBe(2);
  isOver = true;
  await Promise.all(callers);
  expect(verdicts).toEqual(new Set(['accepted']));
});
