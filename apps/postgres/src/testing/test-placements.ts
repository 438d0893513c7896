import {
  type Caller,
  newId,
  resolveWorkspaceStatesInput,
  type WorkspaceState,
  workspaceStateChangesInput,
} from '@plinth/contracts';
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

/** Tenancy, as far as placements ask it: every workspace may be used, until a test says otherwise. */
export function createTestTenancy() {
  const told: string[] = [];
  const said = new Map<string, WorkspaceState>();
  const its = {
    isAway: false,
    async changes(after: number) {
      if (its.isAway) throw new Error('tenancy is away');
      return { sequence: told.length, workspaceIds: told.slice(Math.max(0, after)), hasMore: false };
    },
    async states(workspaceIds: readonly string[]) {
      if (its.isAway) throw new Error('tenancy is away');
      return new Map(
        workspaceIds.map((workspaceId): [string, WorkspaceState] => [
          workspaceId,
          said.get(workspaceId) ?? { workspaceId, capabilities: ['postgres'], status: 'active' },
        ]),
      );
    },
    /** As it answers the internal procedures of the same names. */
    async answer(procedure: string, input: unknown): Promise<unknown> {
      if (procedure === 'workspaceState.changes') {
        return its.changes(workspaceStateChangesInput.parse(input).after);
      }
      const { workspaceIds } = resolveWorkspaceStatesInput.parse(input);
      return { workspaces: [...(await its.states(workspaceIds)).values()] };
    },
    says(workspaceId: string, state: Partial<WorkspaceState>) {
      said.set(workspaceId, { workspaceId, capabilities: ['postgres'], status: 'active', ...state });
      told.push(workspaceId);
    },
    /** As after a restore: what it told is not counted any more. */
    forgetsWhatItTold: () => told.splice(0),
  };
  return its;
}

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
  const tenancy = createTestTenancy();
  const placements = createPlacements({ database, clusters, masterKey, tenancy, log });

  return {
    placements,
    clusters,
    testClusters,
    tenancy,
    /** Tenancy says so, and this service has heard it. */
    async says(workspaceId: string, state: Partial<WorkspaceState>) {
      tenancy.says(workspaceId, state);
      await placements.follow();
      await placements.sweep();
    },
    database,
    log,
    /** As another replica, or the same one after its settings changed. */
    another: (
      versions: readonly number[] = [1],
      said: Pick<typeof tenancy, 'changes' | 'states'> = tenancy,
    ) =>
      createPlacements({
        database,
        clusters,
        masterKey: testMasterKey(...versions),
        tenancy: said,
        log,
      }),
    async close() {
      await clusters.close();
      await Promise.all(testClusters.map((one) => one.drop()));
      await database.close();
      await own.drop();
    },
  };
}
