import type { Caller } from '@plinth/contracts';
import { createCursorCodec } from '@plinth/contracts';
import { createClaimedMutate } from '@plinth/database';
import { createKit, createService } from '@plinth/service';
import { createSender, createTestKeys, type SuiteRequest } from '@plinth/testing';
import { afterAll } from 'vitest';
import { columnRouter } from '../column/column.router.ts';
import { createSchemaChanges } from '../ddl/schema-change.ts';
import { createSchemaServices } from '../ddl/schema-services.ts';
import { indexRouter } from '../index/index.router.ts';
import { policyRouter } from '../policy/policy.router.ts';
import { router } from '../procedure.ts';
import { createIndexBuilds } from '../query/index-builds.ts';
import { createLoginPools } from '../query/login-pools.ts';
import { tableRouter } from '../table/table.router.ts';
import { typeRouter } from '../type/type.router.ts';
import type { TestClusterOptions } from './test-cluster.ts';
import { startPlacements } from './test-placements.ts';

// The resources of schemas, on clusters of their own, called as the gateway would call them.

const schemaRouter = router({
  table: tableRouter,
  type: typeRouter,
  column: columnRouter,
  index: indexRouter,
  policy: policyRouter,
});

const resources = {
  table: 'A table of a workspace.',
  column: 'A column of a table.',
  index: 'An index of a table.',
  type: 'A type of a workspace, with few values.',
  policy: 'A rule about who has which rows of a table.',
};

/** Nothing here reads rows by what is kept of a schema. */
const NO_CACHE = { invalidate() {} };

/** For the tests of a file, after which they are closed. */
export async function openSchemas(...options: readonly TestClusterOptions[]) {
  const its = await startPlacements(...options);
  const keys = await createTestKeys();
  const kit = createKit('postgres', keys.settings('postgres'));
  const { log, masterKey } = kit;
  const { placements } = its;
  const clusters = its.clusters.all.map(({ name, setting }) => [name, { url: setting.adminUrl }] as const);
  const pools = createLoginPools({ clusters: new Map(clusters), passwordOf: placements.passwordOf, log });
  const builds = createIndexBuilds({ placements });
  const mutate = createClaimedMutate(its.database, { log, keys: masterKey.derive('idempotency') });
  const cursors = createCursorCodec(masterKey.derive('cursor'));
  const app = await createService({
    ...kit,
    name: 'postgres',
    router: schemaRouter,
    resources,
    services: createSchemaServices({
      placements,
      pools,
      builds,
      mutate,
      cursors,
      cache: NO_CACHE,
      log,
      // Each that is seen while it is built takes as long.
      patienceMs: 300,
    }),
  });
  const sender = createSender(app, { keys, service: 'postgres' });

  afterAll(async () => {
    await app.close();
    builds.close();
    pools.close();
    await keys.remove();
    await its.close();
  });

  return {
    ...its,
    ...sender,
    keys,
    pools,
    builds,
    changes: createSchemaChanges({ placements, pools, cache: NO_CACHE }),
    /** Below `/v1/postgres/{workspaceId}` of the caller's own workspace. */
    at: (
      caller: Caller,
      method: SuiteRequest['method'],
      path: string,
      payload?: object,
      headers?: Record<string, string>,
    ) =>
      sender.send(caller, {
        method,
        url: `/v1/postgres/${caller.workspaceId}${path}`,
        ...(payload && { payload }),
        ...(headers && { headers }),
      }),
  };
}
