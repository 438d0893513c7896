import type { Queryable } from '@plinth/database';
import type { Place } from './place.ts';

export type PlacementState = 'active' | 'disabled' | 'purged';

export interface PlacementRow extends Place {
  state: PlacementState;
  revision: number;
  /** The cluster is as this row says. */
  isSettled: boolean;
}

const COLUMNS = `workspace_id as "workspaceId", tenant_id as "tenantId", organization_id as "organizationId", cluster,
  database, mode, schema_name as "schema", password_version as "passwordVersion", state, revision,
  settled_revision >= revision as "isSettled"`;

export function placementRepo(db: Queryable) {
  async function one(text: string, values: unknown[]): Promise<PlacementRow | undefined> {
    const [row] = await db.query<PlacementRow & Record<string, unknown>>(text, values);
    return row;
  }

  return {
    find: (workspaceId: string) =>
      one(`select ${COLUMNS} from placement where workspace_id = $1`, [workspaceId]),

    /** Of those who choose a cluster one at a time does, so that none is filled beyond its room. */
    async lockChoice(): Promise<void> {
      await db.query(
        "select pg_advisory_xact_lock(hashtextextended(concat_ws(' ', current_schema(), 'placement'), 0))",
      );
    },

    async countByCluster(): Promise<ReadonlyMap<string, number>> {
      const rows = await db.query<{ cluster: string; count: number }>(
        "select cluster, count(*)::integer as count from placement where state <> 'purged' group by cluster",
      );
      return new Map(rows.map(({ cluster, count }) => [cluster, count]));
    },

    insert: (place: Place) =>
      one(
        `insert into placement
           (workspace_id, tenant_id, organization_id, cluster, database, mode, schema_name, password_version)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${COLUMNS}`,
        [
          place.workspaceId,
          place.tenantId,
          place.organizationId,
          place.cluster,
          place.database,
          place.mode,
          place.schema,
          place.passwordVersion,
        ],
      ),

    /** What is purged stays so. */
    setState: (workspaceId: string, state: PlacementState) =>
      one(
        `update placement set state = $2, updated_at = now(),
           revision = revision + case when state = $2 then 0 else 1 end
         where workspace_id = $1 and state <> 'purged' returning ${COLUMNS}`,
        [workspaceId, state],
      ),

    setPasswordVersion: (workspaceId: string, from: number, to: number) =>
      one(
        `update placement set password_version = $3, revision = revision + 1, updated_at = now()
         where workspace_id = $1 and password_version = $2 returning ${COLUMNS}`,
        [workspaceId, from, to],
      ),

    /** What the cluster has is not relied on any more; once in a while, for who asks may be wrong himself. */
    mistrust: (workspaceId: string, afterSeconds: number) =>
      one(
        `update placement set revision = revision + 1, updated_at = now()
         where workspace_id = $1 and state = 'active' and settled_revision >= revision
           and updated_at <= now() - make_interval(secs => $2) returning ${COLUMNS}`,
        [workspaceId, afterSeconds],
      ),

    async markSettled(workspaceId: string, revision: number): Promise<void> {
      await db.query(
        'update placement set settled_revision = greatest(settled_revision, $2) where workspace_id = $1',
        [workspaceId, revision],
      );
    },

    async unsettled(limit: number): Promise<string[]> {
      const rows = await db.query<{ id: string }>(
        'select workspace_id as id from placement where settled_revision < revision order by updated_at limit $1',
        [limit],
      );
      return rows.map(({ id }) => id);
    },
  };
}
