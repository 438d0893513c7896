import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeycloakProvider } from '../provider/keycloak.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { listen } from '../testing/listen.ts';
import { bootstrap } from './bootstrap.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const GRACE = { email: 'grace@example.test', password: 'a password of grace', displayName: 'Grace' };

let folder: string;
let identity: Identity;

async function fileWith(user: object): Promise<string> {
  const file = join(folder, `${randomUUID()}.json`);
  await writeFile(file, JSON.stringify({ organizations: [{ slug: 'acme' }], users: [user] }));
  return file;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-bootstrap-'));
  identity = await startIdentity({ BOOTSTRAP_FILE: await fileWith(GRACE) });
});
afterAll(async () => {
  await identity.close();
  await rm(folder, { recursive: true });
});

test('the users of the file can sign in, and a second start leaves them as they are', async () => {
  const grant = { grant_type: 'password', username: GRACE.email, password: GRACE.password };
  expect((await identity.post('/v1/auth/token', grant)).status).toBe(200);
  const changed = await fileWith({ ...GRACE, password: 'another password' });
  const again = await bootstrap(identity.deps.provider, changed, silent);
  await again.check();
  expect((await identity.post('/v1/auth/token', grant)).status).toBe(200);
});

test('a file with a password that is too short stops the start', async () => {
  const wrong = await fileWith({ ...GRACE, password: 'short' });
  await expect(bootstrap(identity.deps.provider, wrong, silent)).rejects.toThrow('password');
});

test('a provider that is not up yet is tried again, and the check says so meanwhile', async () => {
  let isUp = false;
  const keycloak = createServer((request, response) => {
    const isToken = request.url?.endsWith('/token');
    const answer = isToken ? { access_token: 'token', token_type: 'Bearer', expires_in: 60 } : [{ id: '1' }];
    response.writeHead(isUp ? 200 : 503).end(JSON.stringify(answer));
  });
  const url = `http://127.0.0.1:${await listen(keycloak)}`;
  const admin = { clientId: 'plinth-admin', clientSecret: 'secret' };
  const provider = createKeycloakProvider({ url, realm: 'plinth', issuerUrl: url, admin });

  const users = await bootstrap(provider, await fileWith(GRACE), silent);
  await expect(users.check()).rejects.toThrow('missing');
  isUp = true;
  await expect.poll(() => users.check()).toBeUndefined();
  users.stop();
  await provider.close();
  keycloak.closeAllConnections();
  keycloak.close();
});
