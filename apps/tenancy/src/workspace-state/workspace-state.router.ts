import {
  resolveWorkspaceStatesInput,
  resolveWorkspaceStatesOutput,
  workspaceStateChangesInput,
  workspaceStateChangesOutput,
} from '@plinth/contracts';
import { internalProcedure, router } from '../procedure.ts';

/** Answers other services only. */
export const workspaceStateRouter = router({
  resolve: internalProcedure
    .meta({
      summary: 'Whether the data of workspaces may be used, and what they hold',
      permission: 'anonymous',
      callers: ['postgres'],
    })
    .input(resolveWorkspaceStatesInput)
    .output(resolveWorkspaceStatesOutput)
    .query(({ ctx, input }) => ctx.workspaceStates.resolve(input)),

  changes: internalProcedure
    .meta({
      summary: 'The workspaces whose state changed since',
      permission: 'anonymous',
      callers: ['postgres'],
    })
    .input(workspaceStateChangesInput)
    .output(workspaceStateChangesOutput)
    .query(({ ctx, input }) => ctx.workspaceStates.changes(input)),
});
