import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICES } from '@plinth/contracts';
import { compileCache, testSuperuserUrl } from '@plinth/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

const suffix = randomBytes(4).toString('hex');
const database = `deploy_${suffix}`;
const logins = ['one', 'two'].map((name) => `${name}_${suffix}`);
const password = randomBytes(32).toString('hex');
const firstKeys = SERVICES.map((service) => `${service}.1`);
let state: string;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'plinth-deploy-'));
});

afterAll(async () => {
  await rm(state, { recursive: true });
  await query(testSuperuserUrl(), `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  for (const login of logins) await query(testSuperuserUrl(), `DROP ROLE IF EXISTS ${login}`);
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function urlOf(login: string, secret = password): string {
  const url = new URL(testSuperuserUrl());
  return Object.assign(url, { username: login, password: secret, pathname: `/${database}` }).href;
}

interface Ending {
  code: number;
  output: string;
}

function setup(args: string[] = [], change: Record<string, string> = {}): Promise<Ending> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const env = {
    ...compileCache,
    SUPERUSER_URL: testSuperuserUrl(),
    DATABASE_URLS: logins.map((login) => urlOf(login)).join(' '),
    STATE_DIRECTORY: state,
    ADMIN_EMAIL: 'admin@example.com',
    ADMIN_PASSWORD: 'a first password',
    ...change,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

const read = async (...path: string[]) => JSON.parse(await readFile(join(state, ...path), 'utf8'));

async function kids(...path: string[]): Promise<string[]> {
  const { keys } = await read(...path);
  return keys.map(({ kid }: { kid: string }) => kid).sort();
}

test('makes logins, keys and the first user, and a second run changes nothing', async () => {
  const first = await setup();
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining('admin@example.com') });
  expect(first.output).not.toContain(password);
  expect(first.output).not.toContain('a first password');

  for (const login of logins) {
    expect(await query(urlOf(login), 'SELECT current_schema() AS schema')).toEqual([{ schema: login }]);
    await query(urlOf(login), 'CREATE TABLE mine ()');
    await expect(query(urlOf(login), 'CREATE TABLE public.mine ()')).rejects.toThrow('permission denied');
  }
  await expect(query(urlOf('one', 'wrong'), 'SELECT')).rejects.toThrow('password authentication failed');

  const keys = await Promise.all(SERVICES.map((name) => read(name, `${name}.private.jwks.json`)));
  expect(await setup()).toEqual(first);
  expect(await Promise.all(SERVICES.map((name) => read(name, `${name}.private.jwks.json`)))).toEqual(keys);
  expect(await query(urlOf(logins[0] ?? ''), 'TABLE mine')).toEqual([]);
});

test('a folder holds what its service may know, and lets nobody else in', async () => {
  const hasFirstUser = ['identity', 'tenancy'];
  for (const service of SERVICES) {
    const keys = [`${service}.private.jwks.json`, 'trusted.jwks.json'];
    const content = hasFirstUser.includes(service) ? ['bootstrap.json', ...keys] : keys;
    expect((await readdir(join(state, service))).sort()).toEqual(content);
    expect((await stat(join(state, service))).mode & 0o777).toBe(0o700);
    expect((await stat(join(state, service, `${service}.private.jwks.json`))).mode & 0o777).toBe(0o600);
    expect(await kids(service, 'trusted.jwks.json')).toEqual([...firstKeys].sort());
  }
  expect(await read('identity', 'bootstrap.json')).toMatchObject({
    users: [{ email: 'admin@example.com', password: 'a first password' }],
  });
  expect(await read('tenancy', 'bootstrap.json')).toEqual({
    organizations: [
      {
        slug: 'plinth',
        displayName: 'plinth',
        members: [{ email: 'admin@example.com', role: 'owner' }],
      },
    ],
  });
});

test('a rotated key is trusted everywhere beside the one before it', async () => {
  expect(await setup(['--rotate', 'tenancy'], { SUPERUSER_URL: '' })).toMatchObject({
    code: 0,
    output: expect.stringContaining('tenancy.2'),
  });
  expect(await kids('tenancy', 'tenancy.private.jwks.json')).toEqual(['tenancy.2']);
  for (const service of SERVICES) {
    expect(await kids(service, 'trusted.jwks.json')).toEqual([...firstKeys, 'tenancy.2'].sort());
  }
});

test('tells what it does, and all that is missing, without showing a secret', async () => {
  expect(await setup(['--help'])).toMatchObject({
    code: 0,
    output: expect.stringContaining('DATABASE_URLS'),
  });
  const bad = await setup([], {
    SUPERUSER_URL: '',
    ADMIN_PASSWORD: 'short',
    DATABASE_URLS: `not-a-url-${password}`,
  });
  expect(bad.code).toBe(1);
  for (const name of ['SUPERUSER_URL', 'ADMIN_PASSWORD', 'DATABASE_URLS']) expect(bad.output).toContain(name);
  expect(bad.output).not.toContain('short');
  expect(bad.output).not.toContain(password);
  expect(await setup(['--rotate', 'nobody'])).toMatchObject({
    code: 1,
    output: expect.stringContaining(SERVICES.join(', ')),
  });
});
