import type { CursorCodec, Log } from '@plinth/contracts';
import type { ClaimedMutate } from '@plinth/database';
import { createColumnService } from '../column/column.service.ts';
import { createBuildIndex } from '../index/index-build.ts';
import { createIndexService } from '../index/index.service.ts';
import { createMigrationService } from '../migration/migration.service.ts';
import type { Placements } from '../placement/placement.service.ts';
import { createPolicyService } from '../policy/policy.service.ts';
import type { IndexBuilds } from '../query/index-builds.ts';
import type { LoginPools } from '../query/login-pools.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';
import { createTableService } from '../table/table.service.ts';
import { createTypeService } from '../type/type.service.ts';
import { createRecordedChange } from './recorded-change.ts';
import { createSchemaChanges } from './schema-change.ts';

interface SchemaServicesDeps {
  placements: Pick<Placements, 'placeOf' | 'cancel'>;
  pools: LoginPools;
  builds: IndexBuilds;
  mutate: ClaimedMutate;
  cursors: CursorCodec;
  cache: Pick<SchemaCache, 'invalidate'>;
  log: Log;
  /** How long the caller of a build waits for its end. */
  patienceMs?: number;
}

/** What changes the schema of a workspace. */
export function createSchemaServices(deps: SchemaServicesDeps) {
  const { placements, pools, builds, mutate, cursors, cache, log, patienceMs } = deps;
  const schemas = createSchemaChanges({ placements, pools, cache });
  const change = createRecordedChange({ schemas, mutate });
  const tables = createTableService({ schemas, change, cursors });
  return {
    tables,
    columns: createColumnService({ tables }),
    indexes: createIndexService({
      schemas,
      change,
      beside: {
        build: createBuildIndex({ schemas, builds, log, patienceMs }),
        cancel: placements.cancel,
      },
    }),
    migrations: createMigrationService({ schemas, change, cursors }),
    types: createTypeService({ schemas, change }),
    policies: createPolicyService({ schemas, change }),
  };
}
