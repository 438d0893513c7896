import { AppError, type Log } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { Cluster, Clusters } from '../cluster/clusters.ts';
import { placementRepo } from './placement.repo.ts';
import { endSessions, enteredThoughClosed } from './provision.ts';
import type { Settle } from './settle.ts';

// Brings clusters to what the rows of their workspaces say, each cluster by itself: one that is away waits alone.

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
  /** Clusters, and workspaces that something is wrong with. */
  const restingUntil = new Map<string, number>();

  const rest = (name: string) => restingUntil.set(name, Date.now() + REST_MS);

  function resting(): string[] {
    for (const [name, until] of restingUntil) if (until <= Date.now()) restingUntil.delete(name);
    return [...restingUntil.keys()];
  }

  async function bring(workspaceId: string): Promise<void> {
    try {
      const row = await placements.find(workspaceId);
      if (row) await settle(row);
    } catch (err) {
      log.warn({ err, workspace: workspaceId }, 'a workspace could not be brought to what it should be yet');
      rest(workspaceId);
      if (err instanceof AppError && err.code === 'DATABASE_UNAVAILABLE') throw err;
    }
  }

  async function throwOut({ admin }: Cluster): Promise<void> {
    for (const schema of await enteredThoughClosed(admin)) await endSessions(admin, { schema });
  }

  async function sweepCluster(name: string): Promise<void> {
    for (;;) {
      const waiting = await placements.unsettled(name, resting(), SETTLED_AT_ONCE);
      if (waiting.length === 0) return;
      await Promise.all(waiting.map(bring));
    }
  }

  function sweepOnce(cluster: Cluster): Promise<void> {
    const { name } = cluster;
    const known = running.get(name);
    if (known) return known;
    if (resting().includes(name)) return Promise.resolve();
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
