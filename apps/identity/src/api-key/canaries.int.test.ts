import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Caller, HEADERS, readApiKey } from '@plinth/contracts';
import { createDatabase, migrate } from '@plinth/database';
import {
  type Answer,
  compileCache,
  createTestDatabase,
  createTestKeys,
  freePort,
  type SuiteRequest,
} from '@plinth/testing';
import { expect, onTestFinished, test } from 'vitest';
import { MIGRATIONS } from '../deps.ts';
import { ANONYMOUS } from '../passport/caller.ts';
import { createApiKeys, shownKey } from '../testing/api-keys.ts';
import { newAccountWithClient } from '../testing/service-accounts.ts';
import { startTenancyStandIn } from '../testing/tenancy-stand-in.ts';

// Keys and clients of service accounts that are made, used, mistyped and rotated through the process as it is run, logging all
// it can: nothing of their secrets is in its log or in its database afterwards, in any spelling.

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const main = new URL('../main.ts', import.meta.url).pathname;

async function startProcess(settings: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...compileCache, ...settings },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => lines.push(String(data)));
  await expect.poll(() => lines.join('')).toContain('listening');
  return {
    async stop(): Promise<string> {
      child.kill('SIGTERM');
      await once(child, 'close');
      return lines.join('');
    },
  };
}

/** Every row of every table, bytes in hexadecimals. */
async function dump(url: string): Promise<string> {
  const database = createDatabase({ url, log: silent });
  const tables = await database.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const rows = await database.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    parts.push(name, ...rows.map(({ row }) => row));
  }
  await database.close();
  return parts.join('\n');
}

function spellingsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  return [
    text,
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
}

test('no secret of a key or a client is in the database or in the log', async () => {
  const testKeys = await createTestKeys();
  const migrated = (url: string) => migrate({ url, directories: MIGRATIONS, log: silent });
  const testDatabase = await createTestDatabase({ template: 'identity', migrate: migrated });
  const common = testKeys.settings('identity');
  const tenancy = await startTenancyStandIn(common.TRUSTED_KEYS_FILE);
  const [port, internalPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    ...common,
    PORT: port,
    INTERNAL_PORT: internalPort,
    LOG_LEVEL: 'trace',
    DATABASE_URL: testDatabase.url,
    TENANCY_URL: tenancy.url,
    ISSUER_URL: `${url}/realms/plinth`,
  };
  const running = await startProcess(
    Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
  );

  async function send(
    caller: Caller | undefined,
    { method, url: path, payload, headers }: SuiteRequest,
  ): Promise<Answer> {
    const passport = caller && (await testKeys.passport(caller, 'identity'));
    const response = await fetch(url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        [HEADERS.correlationId]: 'test-correlation',
        ...(passport && { [HEADERS.passport]: passport }),
        ...headers,
      },
      ...(payload && { body: JSON.stringify(payload) }),
    });
    return { status: response.status, headers: {}, body: await response.json() };
  }
  const internal = async (procedure: string, payload: object) => {
    const headers = { [HEADERS.serviceToken]: await testKeys.serviceToken('gateway', 'identity') };
    return send(undefined, { method: 'POST', url: `/internal/${procedure}`, payload, headers });
  };
  const keys = createApiKeys({ tenancy, keys: testKeys, send, internal });

  const owner = keys.member();
  const texts: string[] = [];
  for (let i = 0; i < 3; i++) {
    const headers = { 'idempotency-key': `make-${i}` };
    const payload = { name: `Canary ${i}`, role: 'ci', expiresIn: 'never' };
    const made = await send(owner, { method: 'POST', url: '/v1/api-keys', payload, headers });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const rotated = await send(owner, {
      method: 'POST',
      url: `/v1/api-keys/${made.body.id}/rotate`,
      payload: {},
      headers,
    });
    texts.push(made.body.key, rotated.body.key);
  }
  for (const text of texts) {
    await keys.exchange(text);
    const key = { ...shownKey(text), id: '0'.repeat(12) };
    expect((await keys.ask(text, { key })).status).toBe(401);
    expect((await keys.ask(text, { key: { ...shownKey(text), stage: 'test' } })).status).toBe(401);
    // Where keys do not belong.
    for (const misplaced of [{ name: text }, { key: text }, text]) {
      await send(owner, {
        method: 'POST',
        url: `/v1/api-keys/${text}/rotate`,
        payload: { overlapSeconds: misplaced },
      });
    }
  }

  const { account, url: accountUrl, credentials } = await newAccountWithClient({ send }, {}, owner);
  const rotated = await send(owner, {
    method: 'POST',
    url: `${accountUrl}/client/secret`,
    headers: { 'idempotency-key': 'rotate-client' },
  });
  const signIn = (client_secret: string) =>
    send(ANONYMOUS, {
      method: 'POST',
      url: '/v1/auth/token',
      payload: { grant_type: 'client_credentials', client_id: account.id, client_secret },
    });
  const clientSecrets: string[] = [credentials.client_secret, rotated.body.clientSecret];
  const answers = await Promise.all(clientSecrets.map(signIn));
  expect(answers.map(({ status }) => status)).toEqual([401, 200]);
  const token: string = answers[1]?.body.access_token;

  const log = await running.stop();
  const database = await dump(testDatabase.url);
  await tenancy.stop();
  await testDatabase.drop();
  await testKeys.remove();

  expect(database).toContain('Canary 2');
  expect(log).toContain('apiKey.create');
  for (const text of texts) {
    const secret = readApiKey(text)?.secret ?? '';
    const digest = createHash('sha256').update(secret).digest();
    const spellings = [
      ...spellingsOf(text),
      ...spellingsOf(secret),
      digest.toString('hex'),
      digest.toString('base64url'),
    ];
    expectNowhere(spellings, { database, log });
  }
  for (const secret of [...clientSecrets, token]) {
    expect(secret).toMatch(/^[\w.-]{43,}$/);
    expectNowhere(spellingsOf(secret), { database, log });
  }
});

function expectNowhere(
  spellings: readonly string[],
  { database, log }: { database: string; log: string },
): void {
  for (const spelling of spellings) {
    expect(database.includes(spelling), 'the database holds a secret').toBe(false);
    expect(log.includes(spelling), 'the log holds a secret').toBe(false);
  }
}
