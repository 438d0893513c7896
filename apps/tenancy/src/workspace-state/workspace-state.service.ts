import type {
  resolveWorkspaceStatesInput,
  resolveWorkspaceStatesOutput,
  workspaceStateChangesInput,
  workspaceStateChangesOutput,
} from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { z } from 'zod';
import { workspaceStateRepo } from './workspace-state.repo.ts';

// Whether the data of workspaces may be used, for the services that hold it. They ask every second for what changed: so none
// is forgotten that was away, and a change here waits for nobody.

const PAGE = 1_000;

export function createWorkspaceStateService({ database }: { database: Database }) {
  const states = workspaceStateRepo(database);

  return {
    async resolve({
      workspaceIds,
    }: z.output<typeof resolveWorkspaceStatesInput>): Promise<z.output<typeof resolveWorkspaceStatesOutput>> {
      return { workspaces: await states.of(workspaceIds) };
    },

    async changes({
      after,
    }: z.output<typeof workspaceStateChangesInput>): Promise<z.output<typeof workspaceStateChangesOutput>> {
      const { last, rows } = await states.changedSince(after, PAGE);
      const hasMore = rows.length >= PAGE;
      return {
        sequence: hasMore ? (rows.at(-1)?.sequence ?? last) : last,
        workspaceIds: [...new Set(rows.map(({ workspaceId }) => workspaceId))],
        hasMore,
      };
    },

    /** Ends the time in which what was deleted could be brought back; says how many went. */
    async purgeExpired(): Promise<number> {
      let purged = 0;
      for (const kind of ['workspace', 'tenant'] as const) {
        while (await states.purgeNext(kind)) purged += 1;
      }
      return purged;
    },
  };
}

export type WorkspaceStateService = ReturnType<typeof createWorkspaceStateService>;
