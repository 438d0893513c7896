import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { call, platform } from './api.ts';

// Keycloak begins to sign with another key while callers call: nobody is refused, neither with the token of before nor
// with the first one of after.

const {
  PLINTH_TEST_KEYCLOAK_URL: keycloak,
  PLINTH_TEST_KEYCLOAK_REALM: realm,
  PLINTH_TEST_KEYCLOAK_OPERATOR_CLIENT_ID: operator,
  PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_SECRET: secret,
} = process.env;

async function ask(path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(`${keycloak}${path}`, init);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

async function tokenFor(grant: Record<string, string>): Promise<string> {
  const answer = await ask(`/realms/${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(grant),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

const { email, password } = platform.users.owner;
const signIn = () =>
  tokenFor({ grant_type: 'password', client_id: 'plinth-console', username: email, password });

const keyOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;

/** As an operator does: a key of higher priority, beside the ones that are there. */
async function rotate(): Promise<void> {
  const token = await tokenFor({
    grant_type: 'client_credentials',
    client_id: operator ?? '',
    client_secret: secret ?? '',
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const { id } = (await (await ask(`/admin/realms/${realm}`, { headers })).json()) as { id: string };
  const priority = String(Math.floor(Date.now() / 1_000));
  await ask(`/admin/realms/${realm}/components`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      name: `rotated-${priority}`,
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      parentId: id,
      config: { priority: [priority], enabled: ['true'], active: ['true'], algorithm: ['RS256'] },
    }),
  });
}

test.runIf(keycloak)('a Keycloak that signs with another key from now on refuses nobody', async () => {
  const statuses: number[] = [];
  const keys = new Set<string>();
  const before = await signIn();
  let isOver = false;
  const callers = [signIn, async () => before].map(async (tokenNow) => {
    while (!isOver) {
      const token = await tokenNow();
      keys.add(keyOf(token));
      statuses.push((await call('GET', '/v1/me', { token })).status);
      await sleep(50);
    }
  });
  for (const times of [1, 2]) {
    await rotate();
    await expect.poll(() => keys.size).toBe(times + 1);
    const until = statuses.length + 20;
    await expect.poll(() => statuses.length).toBeGreaterThan(until);
  }
  isOver = true;
  await Promise.all(callers);
  expect(new Set(statuses)).toEqual(new Set([200]));
});
