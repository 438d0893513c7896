import { type Caller, newId } from '@plinth/contracts';
import { createDatabase, KIT_MIGRATIONS, migrate } from '@plinth/database';
import { createMasterKey } from '@plinth/passport';
import { createTestDatabase, testMember } from '@plinth/testing';
import { createClusters } from '../cluster/clusters.ts';
import { createPlacements } from '../placement/placement.service.ts';
import { createTestCluster, type TestClusterOptions } from './test-cluster.ts';

// Placements on a database of their own, over as many clusters as a test asks for.

const log = { debug() {}, info() {}, warn() {}, error() {} };
const MIGRATIONS = [KIT_MIGRATIONS, new URL('../../migrations/', import.meta.url)];

export const testMasterKey = (...versions: readonly number[]) =>
  createMasterKey(
    versions.map((version) => `v${version}:${Buffer.alloc(32, version).toString('base64')}`).join(','),
  );

/** A developer in the workspace, as the gateway's passport would show him. */
export const memberOf = (workspaceId: string = newId('workspace'), more: Partial<Caller> = {}): Caller =>
  testMember('developer', {
    organizationId: newId('organization'),
    tenantId: newId('tenant'),
    workspaceId,
    workspace: { capabilities: ['postgres'], status: 'active' },
    capabilities: ['postgres'],
    plan: 'starter',
    ...more,
  });

export async function startPlacements(...options: readonly TestClusterOptions[]) {
  const migrated = (url: string) => migrate({ url, directories: MIGRATIONS, log });
  const own = await createTestDatabase({ template: 'postgres', migrate: migrated });
  const database = createDatabase({ url: own.url, log });
  const testClusters = await Promise.all((options.length > 0 ? options : [{}]).map(createTestCluster));
  const clusters = createClusters(
    testClusters.map(({ setting }) => setting),
    { log },
  );
  const masterKey = testMasterKey(1);
  const placements = createPlacements({ database, clusters, masterKey, log });

  return {
    placements,
    clusters,
    testClusters,
    database,
    log,
    /** As another replica, or the same one after its settings changed. */
    another: (versions: readonly number[] = [1]) =>
      createPlacements({ database, clusters, masterKey: testMasterKey(...versions), log }),
    async close() {
      await clusters.close();
      await Promise.all(testClusters.map((one) => one.drop()));
      await database.close();
      await own.drop();
    },
  };
}
