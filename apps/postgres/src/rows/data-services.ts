import type { CursorCodec } from '@plinth/contracts';
import { type Queryable, recordAudit } from '@plinth/database';
import type { WriteDeps } from './write.ts';
import { createBatchService } from '../batch/batch.service.ts';
import { createFunctionService } from '../function/function.service.ts';
import type { Placements } from '../placement/placement.service.ts';
import type { LoginPools } from '../query/login-pools.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';
import { createImportSlots } from './import-slots.ts';
import { createOnce } from './once.ts';
import { createRowsService } from './rows.service.ts';
import { createWorkspaces } from './workspace.ts';

interface DataServicesDeps {
  /** The service's own. */
  database: Queryable;
  placements: Pick<Placements, 'placeOf'>;
  pools: LoginPools;
  schemas: SchemaCache;
  cursors: CursorCodec;
  /** Of the master key, for what is recorded of idempotency keys. */
  keys: readonly Buffer[];
}

/** What reads and changes the rows of a workspace. */
export function createDataServices(deps: DataServicesDeps) {
  const { database, placements, pools, schemas, cursors, keys } = deps;
  const workspaces = createWorkspaces({ placements, schemas });
  const once = createOnce({ pools, keys });
  const audit: WriteDeps['audit'] = (call, entry) => recordAudit(database, call, entry);
  return {
    rows: createRowsService({ workspaces, pools, once, cursors, audit, slots: createImportSlots() }),
    functions: createFunctionService({ workspaces, pools, once, cursors }),
    batches: createBatchService({ workspaces, once, audit }),
  };
}
