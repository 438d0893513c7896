import { hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestDatabase } from '@plinth/testing';
import { Pool } from 'pg';
import { createIssuer, ISSUER_MIGRATIONS, type Issuer } from '../index.ts';

// Two replicas of the issuer on one database, started at once and answering in turn, as behind a gateway.

export const CALLBACK = 'http://127.0.0.1:9/callback';
export const ADMIN = { id: 'plinth-admin', secret: 'admin secret: 100%' };
export const ADA = { email: 'Ada@example.test', password: 'correct horse', displayName: 'Ada' };

export interface TestAnswer {
  status: number;
  body: Record<string, string>;
}

async function migrate(url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1 });
  for (const name of (await readdir(ISSUER_MIGRATIONS)).sort()) {
    await pool.query(await readFile(new URL(name, ISSUER_MIGRATIONS), 'utf8'));
  }
  await pool.end();
}

export async function startTestIssuer() {
  const database = await createTestDatabase({ template: 'issuer', migrate });
  const pool = new Pool({ connectionString: database.url, max: 5 });
  const problems: object[] = [];
  const report = (details: object) => void problems.push(details);
  const masterKey = randomBytes(32);

  let replicas: Issuer[] = [];
  let requests = 0;
  const server = createServer((req, res) => replicas[requests++ % replicas.length]?.handle(req, res));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}/realms/plinth`;
  const connect = `${base}/protocol/openid-connect`;

  const make = (issuerUrl: string, key = masterKey) =>
    createIssuer({
      issuerUrl,
      database: { query: async (text, values) => (await pool.query(text, values && [...values])).rows },
      masterSecret: (purpose) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32)),
      clients: [
        {
          id: 'plinth-console',
          grants: ['password', 'authorization_code', 'refresh_token'],
          redirectUris: [CALLBACK],
          postLogoutRedirectUris: [CALLBACK],
        },
        { ...ADMIN, grants: ['client_credentials'] },
      ],
      audience: 'plinth-api',
      accessTokenSeconds: 300,
      log: { debug: () => {}, info: () => {}, warn: report, error: report },
    });

  async function restart(): Promise<void> {
    for (const replica of replicas) replica.close();
    replicas = await Promise.all([make(base), make(base)]);
  }

  async function post(path: string, fields: Record<string, string>, headers = {}): Promise<TestAnswer> {
    const body = new URLSearchParams(fields);
    const response = await fetch(`${connect}/${path}`, { method: 'POST', headers, body });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : {} };
  }

  const fromConsole = (fields: Record<string, string | undefined>) =>
    post('token', { client_id: 'plinth-console', ...JSON.parse(JSON.stringify(fields)) });

  await restart();
  const [issuer] = replicas;
  if (!issuer) throw new Error('there is no issuer');
  await issuer.users.ensure(ADA);
  return {
    base,
    connect,
    pool,
    problems,
    users: issuer.users,
    make,
    restart,
    post,
    rotateKey: issuer.rotateKey,
    byPassword: (username: string, password: string) =>
      fromConsole({ grant_type: 'password', username, password, scope: 'openid' }),
    refresh: (refresh_token: string | undefined) =>
      fromConsole({ grant_type: 'refresh_token', refresh_token }),
    redeem: (fields: { code: string; code_verifier: string; redirect_uri?: string }) =>
      fromConsole({ grant_type: 'authorization_code', redirect_uri: CALLBACK, ...fields }),
    async stop(): Promise<void> {
      for (const replica of replicas) replica.close();
      server.closeAllConnections();
      server.close();
      await pool.end();
      await database.drop();
    },
  };
}

export type TestIssuer = Awaited<ReturnType<typeof startTestIssuer>>;
