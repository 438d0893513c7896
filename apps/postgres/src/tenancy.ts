import type {
  ServiceName,
  TenancyInternal,
  WorkspaceState,
  workspaceStateChangesOutput,
} from '@plinth/contracts';
import { createReplicas, createServiceCaller } from '@plinth/rpc';
import type { z } from 'zod';

// What this service asks of tenancy, as itself: which workspaces may be used.

export interface Tenancy {
  /** The workspaces whose state changed since. */
  changes(after: number): Promise<z.output<typeof workspaceStateChangesOutput>>;
  /** Of at most 100, those that there are. */
  states(workspaceIds: readonly string[]): Promise<ReadonlyMap<string, WorkspaceState>>;
  /** Answers when tenancy can. */
  check(): Promise<void>;
  close(): Promise<void>;
}

interface TenancyOptions {
  urls: readonly string[];
  mintServiceToken(call: { audience: ServiceName; passport?: string | undefined }): Promise<string>;
}

const CONTEXT = { correlationId: 'workspace-states' };

export function createTenancy({ urls, mintServiceToken }: TenancyOptions): Tenancy {
  const caller = createServiceCaller<TenancyInternal>({
    service: 'tenancy',
    replicas: createReplicas(urls),
    mintServiceToken,
    // The first request of a workspace waits for this, and is to be answered in time whatever tenancy does.
    timeoutMs: 1_500,
  });

  async function states(workspaceIds: readonly string[]) {
    const input = { workspaceIds: [...workspaceIds] };
    const { workspaces } = await caller.call('workspaceState.resolve', input, CONTEXT);
    return new Map(workspaces.map((state) => [state.workspaceId, state]));
  }

  return {
    changes: (after) => caller.call('workspaceState.changes', { after }, CONTEXT),
    states,
    async check() {
      await states([]);
    },
    close: () => caller.close(),
  };
}
