import {
  type AuditedCall,
  NEWEST_VERSION,
  type resolveWorkspaceStatesInput,
  type resolveWorkspaceStatesOutput,
  type workspaceStateChangesInput,
  type workspaceStateChangesOutput,
} from '@plinth/contracts';
import { type Database, recordAudit } from '@plinth/database';
import type { z } from 'zod';
import { workspaceStateRepo } from './workspace-state.repo.ts';

// Whether the data of workspaces may be used, for the services that hold it. They ask every second for what changed: so none
// is forgotten that was away, and a change here waits for nobody.

const PAGE = 1_000;

/** The time that is over asks for it. */
const OF_NOBODY = {
  caller: { kind: 'anonymous', id: '', permissions: [], capabilities: [], suspended: false },
  correlationId: 'end-of-retention',
  apiVersion: NEWEST_VERSION,
  clientAddress: undefined,
  userAgent: undefined,
} satisfies Omit<AuditedCall, 'operation'>;

export function createWorkspaceStateService({ database }: { database: Database }) {
  const states = workspaceStateRepo(database);

  const purgeNext = (kind: 'tenant' | 'workspace'): Promise<boolean> =>
    database.transaction(async (tx) => {
      const purged = await workspaceStateRepo(tx).purgeNext(kind);
      if (!purged) return false;
      const { id, organizationId, tenantId } = purged;
      await recordAudit(
        tx,
        { ...OF_NOBODY, operation: `${kind}.purge` },
        {
          actor: { kind: 'service', id: 'tenancy' },
          target: { kind, id },
          organizationId,
          tenantId,
          ...(kind === 'workspace' && { workspaceId: id }),
        },
      );
      return true;
    });

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
        while (await purgeNext(kind)) purged += 1;
      }
      return purged;
    },
  };
}

export type WorkspaceStateService = ReturnType<typeof createWorkspaceStateService>;
