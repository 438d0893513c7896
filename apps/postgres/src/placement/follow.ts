import type { Log, WorkspaceState } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { Tenancy } from '../tenancy.ts';
import { type PlacementRow, type PlacementState, placementRepo } from './placement.repo.ts';

// Keeps the rows of placements as tenancy says. What is told of a change is noted first, in the same transaction as how far this
// service has listened; then tenancy is asked how it stands now. So nothing is lost while either is down, it does not matter who
// of several replicas does it, and an old answer never replaces a new one.

const ASKED_AT_ONCE = 100;

type Row = Pick<PlacementRow, 'workspaceId' | 'told'>;

interface FollowDeps {
  database: Database;
  tenancy: Pick<Tenancy, 'changes' | 'states'>;
  /** Its row may be another from now on. */
  onChange(workspaceId: string): void;
  log: Log;
}

/** What tenancy does not know is not used. It is not destroyed either: tenancy itself may have lost it. */
function stateOf(said: WorkspaceState | undefined): PlacementState {
  if (said?.status === 'purged') return 'purged';
  return said?.status === 'active' && said.capabilities.includes('postgres') ? 'active' : 'disabled';
}

export function createFollow({ database, tenancy, onChange, log }: FollowDeps) {
  const placements = placementRepo(database);

  /** Page by page, until there is no more. */
  async function listen(): Promise<void> {
    for (let hasMore = true; hasMore; ) {
      const after = await placements.listenedTo();
      const page = await tenancy.changes(after);
      hasMore = page.hasMore;
      if (page.sequence === after) return;
      const isAnew = page.sequence < after;
      if (isAnew) log.warn({ before: after, now: page.sequence }, 'tenancy counts anew: all is asked again');
      await database.transaction(async (tx) => {
        const repo = placementRepo(tx);
        if (!(await repo.listenOn(after, isAnew ? 0 : page.sequence))) return;
        await repo.tell(isAnew ? undefined : page.workspaceIds);
      });
      if (isAnew) hasMore = true;
    }
  }

  async function hear(rows: readonly Row[]): Promise<void> {
    const said = await tenancy.states(rows.map(({ workspaceId }) => workspaceId));
    for (const { workspaceId, told } of rows) {
      const state = said.get(workspaceId);
      if (!state) log.warn({ workspace: workspaceId }, 'tenancy does not know a workspace that has data');
      await placements.hear(workspaceId, told, stateOf(state));
      onChange(workspaceId);
    }
  }

  return {
    hear,
    /** Comes back when the rows are as tenancy said when this began. */
    async follow(): Promise<void> {
      await listen();
      for (;;) {
        const rows = await placements.unheard(ASKED_AT_ONCE);
        if (rows.length > 0) await hear(rows);
        if (rows.length < ASKED_AT_ONCE) return;
      }
    },
  };
}
