import type { Caller } from '@plinth/contracts';
import { migrate } from '@plinth/database';
import { createSender, createTestDatabase, createTestKeys, testMember } from '@plinth/testing';
import { buildApp } from '../app.ts';
import { createDeps, MIGRATIONS } from '../deps.ts';
import { startIdentityStandIn } from './identity-stand-in.ts';

// Tenancy on a database of its own, called as the gateway would call it.

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export async function startTenancy() {
  const keys = await createTestKeys();
  const migrated = (url: string) => migrate({ url, directories: MIGRATIONS, log: silent });
  const database = await createTestDatabase({ template: 'tenancy', migrate: migrated });
  const common = keys.settings('tenancy');
  const identity = await startIdentityStandIn(common.TRUSTED_KEYS_FILE);
  const deps = await createDeps({
    ...common,
    IDENTITY_URL: [identity.url],
    DATABASE_URL: database.url,
    SIGNUPS: 'open',
  });
  const app = await buildApp(deps);
  const { send, sendWithPassport } = createSender(app, { keys, service: 'tenancy' });
  let count = 0;

  return {
    app,
    keys,
    identity,
    databaseUrl: database.url,
    send,
    sendWithPassport,
    /** The owner of a new organization. */
    async newOwner(more: Partial<Caller> = {}): Promise<Caller> {
      const { organizationId: _, ...person } = testMember('owner', more);
      const payload = { slug: `org-${Date.now()}-${++count}`, display_name: 'An organization' };
      const { body } = await send(person, { method: 'POST', url: '/api/v1/organizations', payload });
      return { ...person, organizationId: body.data.id };
    },
    /** Takes the database away under its feet. */
    dropDatabase: database.drop,
    async close() {
      await app.close();
      await deps.close();
      await identity.stop();
      await database.drop();
      await keys.remove();
    },
  };
}

export type Tenancy = Awaited<ReturnType<typeof startTenancy>>;
