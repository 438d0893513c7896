import { createServer } from 'node:http';
import { once } from 'node:events';
import { HEADERS } from '@plinth/contracts';
import { createDatabase, migrate } from '@plinth/database';
import { createSender, createTestDatabase, createTestKeys } from '@plinth/testing';
import { buildApp } from '../app.ts';
import { createDeps, MIGRATIONS } from '../deps.ts';
import { ANONYMOUS } from '../passport/caller.ts';
import { type Settings, settings as schema } from '../env.ts';
import { listen } from './listen.ts';
import { startTenancyStandIn } from './tenancy-stand-in.ts';

// Identity on a database of its own, called as the gateway would call it.

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const ADA = { email: 'ada@example.test', password: 'correct horse battery', displayName: 'Ada' };

/** A port that nobody listens on, for a URL that has to be known before the server is up. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

export async function startIdentity(more: Partial<Settings> = {}) {
  const keys = await createTestKeys();
  const migrated = (url: string) => migrate({ url, directories: MIGRATIONS, log: silent });
  const testDatabase = await createTestDatabase({ template: 'identity', migrate: migrated });
  const database = createDatabase({ url: testDatabase.url, log: silent });
  const common = keys.settings('identity');
  const tenancy = await startTenancyStandIn(common.TRUSTED_KEYS_FILE);
  const port = await freePort();
  const issuerUrl = `http://127.0.0.1:${port}/realms/plinth`;
  const deps = await createDeps({
    ...schema.parse({
      ...common,
      DATABASE_URL: testDatabase.url,
      TENANCY_URL: tenancy.url,
      ISSUER_URL: issuerUrl,
    }),
    ...more,
  });
  if (deps.provider.backend === 'embedded') await deps.provider.ensureUser(ADA);
  const app = await buildApp(deps);

  const { send, sendWithPassport } = createSender(app, { keys, service: 'identity' });

  return {
    app,
    deps,
    port,
    issuerUrl,
    keys,
    tenancy,
    databaseUrl: testDatabase.url,
    /** As the service's own tables have it. */
    database,
    send,
    sendWithPassport,
    /** As somebody who shows no credential. */
    post: (url: string, payload: object | string, headers: Record<string, string> = {}) =>
      send(ANONYMOUS, { method: 'POST', url, payload, headers }),
    /** Calls an internal procedure, as the gateway unless said. */
    async internal(procedure: string, payload: object, from: 'gateway' | 'tenancy' = 'gateway') {
      const token = await keys.serviceToken(from, 'identity');
      const headers = { [HEADERS.serviceToken]: token };
      return sendWithPassport(undefined, { method: 'POST', url: `/internal/${procedure}`, payload, headers });
    },
    /** Takes the database away under its feet. */
    dropDatabase: testDatabase.drop,
    async close() {
      await app.close();
      await deps.close();
      await database.close();
      await tenancy.stop();
      await testDatabase.drop();
      await keys.remove();
    },
  };
}

export type Identity = Awaited<ReturnType<typeof startIdentity>>;
