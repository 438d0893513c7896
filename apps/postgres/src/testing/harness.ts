import { type AuditEvent, type Caller, newId } from '@plinth/contracts';
import { migrate } from '@plinth/database';
import { withClient } from '@plinth/embedded';
import {
  createSender,
  createTestDatabase,
  createTestKeys,
  startServiceStandIn,
  testMember,
} from '@plinth/testing';
import { afterAll } from 'vitest';
import { buildApp } from '../app.ts';
import { createDeps, MIGRATIONS } from '../deps.ts';
import { createTestCluster, type TestClusterOptions, throughUrl } from './test-cluster.ts';
import { createTestTenancy } from './test-placements.ts';

// Postgres data on a database and a cluster of its own, called as the gateway would call it.

const silent = { debug() {}, info() {}, warn() {}, error() {} };

interface PostgresOptions extends TestClusterOptions {
  /** Where the service finds its own database, if not where it is. */
  ownThrough?: string;
}

export async function startPostgres({ ownThrough, ...options }: PostgresOptions = {}) {
  const keys = await createTestKeys();
  const migrated = (url: string) => migrate({ url, directories: MIGRATIONS, log: silent });
  const [database, cluster] = await Promise.all([
    createTestDatabase({ template: 'postgres', migrate: migrated }),
    createTestCluster(options),
  ]);
  const common = keys.settings('postgres');
  const tenancy = createTestTenancy();
  const tenancyStandIn = await startServiceStandIn({
    service: 'tenancy',
    from: 'postgres',
    trustedKeysFile: common.TRUSTED_KEYS_FILE,
    answer: tenancy.answer,
  });
  const deps = await createDeps({
    ...common,
    TENANCY_URL: [tenancyStandIn.url],
    DATABASE_URL: throughUrl(database.url, ownThrough),
    CLUSTERS: [cluster.setting],
    IMPORT_MAX_MB: 1_024,
    IMPORT_MAX_SECONDS: 900,
  });
  const app = await buildApp(deps);
  const { send, sendWithPassport } = createSender(app, { keys, service: 'postgres' });

  return {
    keys,
    tenancy,
    send,
    sendWithPassport,
    checks: deps.checks,
    /** Somebody in a workspace of their own. */
    newMember: (role: Parameters<typeof testMember>[0] = 'developer', more: Partial<Caller> = {}): Caller =>
      testMember(role, {
        organizationId: newId('organization'),
        tenantId: newId('tenant'),
        workspaceId: newId('workspace'),
        workspace: { capabilities: ['postgres'], status: 'active' },
        plan: 'pro',
        capabilities: ['postgres'],
        ...more,
      }),
    /** The first use makes a workspace: the name of its schema. */
    async makeWorkspace(caller: Caller): Promise<string> {
      await send(caller, { method: 'GET', url: `/v1/postgres/${caller.workspaceId}/rows/nothing` });
      return schemaOf(caller);
    },
    /** Where it then listens: for what `send` cannot do, which has no connection. */
    listen: () => app.listen({ host: '127.0.0.1', port: 0 }),
    /** As the superuser, in the database of the workspaces; of several statements the last one tells. */
    async sql(text: string) {
      return withClient(
        cluster.superuserUrl,
        async (client) => [await client.query(text)].flat().at(-1)?.rows ?? [],
      );
    },
    /** The audit entries of an operation, in no order. */
    async audited(operation: string): Promise<AuditEvent[]> {
      const text = "select payload from outbox where kind = 'audit' and payload ->> 'action' = $1";
      return withClient(database.url, async (client) =>
        (await client.query(text, [operation])).rows.map(({ payload }) => payload),
      );
    },
    /** Takes the service's own database away under its feet. */
    dropDatabase: database.drop,
    async close() {
      await app.close();
      await deps.close();
      await tenancyStandIn.stop();
      await database.drop();
      await cluster.drop();
      await keys.remove();
    },
  };
}

export const schemaOf = ({ workspaceId = '' }: Pick<Caller, 'workspaceId'>): string =>
  `ws_${workspaceId.slice('wks_'.length).toLowerCase()}`;

/** For the tests of a file, after which it is closed. */
export async function openPostgres(options?: PostgresOptions): Promise<Postgres> {
  const postgres = await startPostgres(options);
  afterAll(() => postgres.close());
  return postgres;
}

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;
