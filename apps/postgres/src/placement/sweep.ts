import { AppError, type Log } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { Cluster, Clusters } from '../cluster/clusters.ts';
import { placementRepo } from './placement.repo.ts';
import { endSessions, enteredThoughClosed } from './provision.ts';
import type { Settle } from './settle.ts';

// Brings clusters to what the rows of their workspaces say, each cluster by itself: one that is away waits alone.

const SWEPT_AT_ONCE = 50;
/** Of the connections of the admin, some are left to the workspaces that are made meanwhile. */
const SETTLED_AT_ONCE = 2;
const REST_MS = 5_000;

interface SweepDeps {
  database: Database;
  clusters: Clusters;
  settle: Settle;
  log: Log;
}

export function createSweep({ database, clusters, settle, log }: SweepDeps): () => Promise<void> {
  const placements = placementRepo(database);
  const running = new Map<string, Promise<void>>();
  /** Of clusters, and of workspaces that something is wrong with. */
  const restingUntil = new Map<string, number>();

  const isResting = (name: string): boolean => (restingUntil.get(name) ?? 0) > Date.now();
  const rest = (name: string) => restingUntil.set(name, Date.now() + REST_MS);

  async function bring(workspaceId: string): Promise<void> {
    if (isResting(workspaceId)) return;
    try {
      restingUntil.delete(workspaceId);
      const row = await placements.find(workspaceId);
      if (row) await settle(row);
    } catch (err) {
      log.warn({ err, workspace: workspaceId }, 'a workspace could not be brought to what it should be yet');
      rest(workspaceId);
      await placements.postpone(workspaceId);
      if (err instanceof AppError) throw err;
    }
  }

  async function throwOut({ admin }: Cluster): Promise<void> {
    for (const schema of await enteredThoughClosed(admin)) await endSessions(admin, { schema });
  }

  async function sweepCluster(name: string): Promise<void> {
    const waiting = await placements.unsettled(name, SWEPT_AT_ONCE);
    for (let i = 0; i < waiting.length; i += SETTLED_AT_ONCE) {
      await Promise.all(waiting.slice(i, i + SETTLED_AT_ONCE).map(bring));
    }
    if (waiting.length === SWEPT_AT_ONCE && !waiting.some(isResting)) await sweepCluster(name);
  }

  function sweepOnce(cluster: Cluster): Promise<void> {
    const { name } = cluster;
    const known = running.get(name);
    if (known) return known;
    if (isResting(name)) return Promise.resolve();
    const promise = sweepCluster(name)
      .then(() => throwOut(cluster))
      .catch((err: unknown) => {
        log.debug({ err, cluster: name }, 'a cluster is left alone for a while');
        rest(name);
      })
      .finally(() => running.delete(name));
    running.set(name, promise);
    return promise;
  }

  return async () => {
    await Promise.all(clusters.all.map(sweepOnce));
  };
}
