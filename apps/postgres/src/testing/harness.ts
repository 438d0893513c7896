import type { Caller } from '@plinth/contracts';
import { migrate } from '@plinth/database';
import { createSender, createTestDatabase, createTestKeys } from '@plinth/testing';
import { buildApp } from '../app.ts';
import { createDeps, MIGRATIONS } from '../deps.ts';
import type { CreatePlacement, Placement } from '../placement/placement.schema.ts';

// Postgres on a database of its own, called as the gateway would call it.

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export async function startPostgres() {
  const keys = await createTestKeys();
  const migrated = (url: string) => migrate({ url, directories: MIGRATIONS, log: silent });
  const database = await createTestDatabase({ template: 'postgres', migrate: migrated });
  const deps = await createDeps({ ...keys.settings('postgres'), DATABASE_URL: database.url });
  const app = await buildApp(deps);
  const { send, sendWithPassport } = createSender(app, { keys, service: 'postgres' });

  return {
    keys,
    send,
    sendWithPassport,
    async createPlacement(caller: Caller, more: Partial<CreatePlacement> = {}): Promise<Placement> {
      const payload = { displayName: 'A placement', ...more };
      const { status, body } = await send(caller, { method: 'POST', url: '/v1/placements', payload });
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body;
    },
    /** Takes the database away under its feet. */
    dropDatabase: database.drop,
    async close() {
      await app.close();
      await deps.close();
      await database.drop();
      await keys.remove();
    },
  };
}

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;
