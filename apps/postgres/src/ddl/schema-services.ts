import type { CursorCodec } from '@plinth/contracts';
import type { ClaimedMutate } from '@plinth/database';
import { createColumnService } from '../column/column.service.ts';
import { createIndexService } from '../index/index.service.ts';
import { createMigrationService } from '../migration/migration.service.ts';
import type { Placements } from '../placement/placement.service.ts';
import { createPolicyService } from '../policy/policy.service.ts';
import type { LoginPools } from '../query/login-pools.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';
import { createTableService } from '../table/table.service.ts';
import { createRecordedChange } from './recorded-change.ts';
import { createSchemaChanges } from './schema-change.ts';

interface SchemaServicesDeps {
  placements: Pick<Placements, 'placeOf'>;
  pools: LoginPools;
  mutate: ClaimedMutate;
  cursors: CursorCodec;
  cache: Pick<SchemaCache, 'invalidate'>;
}

/** What changes the schema of a workspace. */
export function createSchemaServices({ placements, pools, mutate, cursors, cache }: SchemaServicesDeps) {
  const schemas = createSchemaChanges({ placements, pools, cache });
  const change = createRecordedChange({ schemas, mutate });
  const tables = createTableService({ schemas, change, cursors });
  return {
    tables,
    columns: createColumnService({ tables }),
    indexes: createIndexService({ schemas, change }),
    migrations: createMigrationService({ schemas, change, cursors }),
    policies: createPolicyService({ schemas, change }),
  };
}
