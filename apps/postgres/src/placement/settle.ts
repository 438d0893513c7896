import { randomBytes } from 'node:crypto';
import { AppError } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { Clusters } from '../cluster/clusters.ts';
import { scramVerifier } from './password.ts';
import type { Login, Place } from './place.ts';
import { type PlacementRow, placementRepo } from './placement.repo.ts';
import { closeWorkspace, dropWorkspace, endSessions, lockWorkspace, makeWorkspace } from './provision.ts';

// Makes the cluster agree with the row of a placement. Who does so holds the workspace's lock on the cluster and reads the row
// under it: whatever the row says later, somebody will come for the lock after it was written. So a late request cannot make
// again what was purged meanwhile, and a crash leaves a row that is not settled, for the next one.

interface SettleDeps {
  database: Database;
  clusters: Clusters;
  passwordOf(place: Place, login: Login): string;
}

export type Settle = (row: PlacementRow) => Promise<PlacementRow>;

export function createSettle({ database, clusters, passwordOf }: SettleDeps): Settle {
  const placements = placementRepo(database);
  const running = new Map<string, Promise<PlacementRow>>();

  const verifierOf = (place: Place, login: Login) => scramVerifier(passwordOf(place, login), randomBytes(16));

  async function run({ workspaceId, schema, cluster: name }: PlacementRow): Promise<PlacementRow> {
    const cluster = clusters.named(name);
    await cluster.prepared();
    const row = await cluster.admin.transaction(async (tx) => {
      await lockWorkspace(tx, { schema });
      const now = await placements.find(workspaceId);
      if (!now) throw new AppError('WORKSPACE_NOT_FOUND');
      if (now.isSettled) return now;
      if (now.state === 'active') {
        await makeWorkspace(tx, now, { api: verifierOf(now, 'api'), owner: verifierOf(now, 'owner') });
      } else {
        await closeWorkspace(tx, now);
      }
      return now;
    });
    if (row.isSettled) return row;
    if (row.state !== 'active') await endSessions(cluster.admin, row);
    if (row.state === 'purged') {
      await dropWorkspace(cluster.admin, row);
      await placements.forgetCredentials(workspaceId);
    }
    await placements.markSettled(workspaceId, row.revision);
    return { ...row, isSettled: true };
  }

  function once(row: PlacementRow): Promise<PlacementRow> {
    const known = running.get(row.workspaceId);
    if (known) return known;
    const promise = run(row).finally(() => running.delete(row.workspaceId));
    running.set(row.workspaceId, promise);
    return promise;
  }

  return async (row) => {
    let now = row;
    // What ran already may have read the row before it was changed to this.
    while (!now.isSettled || now.revision < row.revision) now = await once(row);
    return now;
  };
}
