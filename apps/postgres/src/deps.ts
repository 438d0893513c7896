import { createCursorCodec } from '@plinth/contracts';
import { createClaimedMutate, createDatabase, KIT_MIGRATIONS, migrate, startSweeper } from '@plinth/database';
import { createAttemptSecrets } from '@plinth/passport';
import { createKit, createRefusalAudit } from '@plinth/service';
import { createClusters } from './cluster/clusters.ts';
import { createSchemaServices } from './ddl/schema-services.ts';
import { createCredentialService } from './credential/credential.service.ts';
import type { Settings } from './env.ts';
import { createOpenapiService } from './openapi/openapi.service.ts';
import { startFollowing } from './placement/following.ts';
import { createPlacements } from './placement/placement.service.ts';
import { createIndexBuilds } from './query/index-builds.ts';
import { createLoginPools } from './query/login-pools.ts';
import { createDataServices } from './rows/data-services.ts';
import { introspect, versionOf } from './schema-cache/introspect.ts';
import { createSchemaCache } from './schema-cache/schema-cache.ts';
import { createSchemaListener } from './schema-cache/schema-listener.ts';
import { createTenancy } from './tenancy.ts';

export const MIGRATIONS = [KIT_MIGRATIONS, new URL('../migrations/', import.meta.url)];

export async function createDeps(settings: Settings) {
  const kit = createKit('postgres', settings);
  const { log, masterKey } = kit;
  await migrate({ url: settings.DATABASE_URL, directories: MIGRATIONS, log });
  const database = createDatabase({ url: settings.DATABASE_URL, applicationName: 'postgres', log });
  const refusals = createRefusalAudit(database, log);

  const clusters = createClusters(settings.CLUSTERS, { log });
  await clusters.prepare();
  const tenancy = createTenancy({
    urls: settings.TENANCY_URL,
    mintServiceToken: kit.serviceTokenMinter.mint,
  });
  const placements = createPlacements({ database, clusters, masterKey, tenancy, log });
  const following = startFollowing({ placements, log });
  const sweeper = startSweeper(database, { log, sweepOwn: clusters.sweep });
  const pools = createLoginPools({
    clusters: new Map(
      settings.CLUSTERS.map(({ name, adminUrl, url = adminUrl, poolMode }) => [
        name,
        { url, isTransactionPooled: poolMode === 'transaction' },
      ]),
    ),
    passwordOf: placements.passwordOf,
    onRefused: placements.mistrust,
    log,
  });
  const builds = createIndexBuilds({ placements });
  const listener = createSchemaListener({
    urlOf: (cluster) => clusters.named(cluster).setting.adminUrl,
    onChange: (schema) => schemas.invalidate(schema),
    onDoubt: (cluster, inDatabase) => schemas.invalidateDatabase(cluster, inDatabase),
    log,
  });
  const schemas = createSchemaCache({
    load: (place) => introspect(pools, place),
    versionOf: (place) => versionOf(pools, place),
    isHeard: (place) => clusters.named(place.cluster).tellsChanges() && listener.isHeard(place),
  });

  const keys = masterKey.derive('idempotency');
  const cursors = createCursorCodec(masterKey.derive('cursor'));
  const mutate = createClaimedMutate(database, { log, keys });

  return {
    ...kit,
    onRefusal: refusals.record,
    checks: [
      { name: 'postgres', backend: 'postgres', check: () => database.ping() },
      {
        name: 'clusters',
        get backend() {
          return clusters.describe();
        },
        optional: true,
        async check() {
          await Promise.all(clusters.all.map(({ admin }) => admin.ping()));
        },
      },
      { name: 'tenancy', backend: 'tenancy', check: tenancy.check, optional: true },
    ],
    imports: { bytes: settings.IMPORT_MAX_MB * 1_000_000, ms: settings.IMPORT_MAX_SECONDS * 1_000 },
    services: {
      ...createDataServices({ database, placements, pools, schemas, cursors, keys }),
      openapi: createOpenapiService({ placements, schemas }),
      ...createSchemaServices({ placements, pools, builds, mutate, cursors, cache: schemas, log }),
      credentials: createCredentialService({
        database,
        clusters,
        placements,
        mutate,
        cursors,
        passwordOf: createAttemptSecrets(masterKey.derive('database-credentials')),
      }),
    },
    async close() {
      sweeper.stop();
      await following.stop();
      await tenancy.close();
      await listener.close();
      builds.close();
      pools.close();
      await refusals.close();
      await clusters.close();
      await database.close();
      await kit.tracing.close();
    },
  };
}

export type Deps = Awaited<ReturnType<typeof createDeps>>;
