import type { Queryable } from '@plinth/database';
import type { Place } from './place.ts';

export type PlacementState = 'active' | 'disabled' | 'purged';

export interface PlacementRow extends Place {
  state: PlacementState;
  revision: number;
  /** The cluster is as this row says. */
  isSettled: boolean;
  /** How often tenancy told of a change of it. */
  told: number;
}

const COLUMNS = `workspace_id as "workspaceId", tenant_id as "tenantId", organization_id as "organizationId", cluster,
  database, mode, schema_name as "schema", password_version as "passwordVersion", state, revision, told,
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

    async listenedTo(): Promise<number> {
      const [row] = await db.query<{ last: number }>('select last from tenancy_sequence');
      return row?.last ?? 0;
    },

    /** Whether nobody else was first; who is holds it until the commit. */
    async listenOn(from: number, to: number): Promise<boolean> {
      const moved = await db.query('update tenancy_sequence set last = $2 where last = $1 returning 1', [
        from,
        to,
      ]);
      return moved.length > 0;
    },

    /** Something of these changed, or may have of all. */
    async tell(workspaceIds: readonly string[] | undefined): Promise<void> {
      await db.query(
        `update placement set told = told + 1
         where state <> 'purged' and ($1::text[] is null or workspace_id = any($1))`,
        [workspaceIds ?? null],
      );
    },

    unheard: (limit: number): Promise<Pick<PlacementRow, 'workspaceId' | 'told'>[]> =>
      db.query<Pick<PlacementRow, 'workspaceId' | 'told'>>(
        `select workspace_id as "workspaceId", told from placement
         where heard < told and state <> 'purged' order by workspace_id limit $1`,
        [limit],
      ),

    /** What tenancy answered who asked because of `told`; what is purged stays so. */
    async hear(workspaceId: string, told: number, state: PlacementState): Promise<void> {
      await db.query(
        `update placement set heard = $2, state = $3,
           revision = revision + case when state = $3 then 0 else 1 end,
           updated_at = case when state = $3 then updated_at else now() end
         where workspace_id = $1 and heard < $2 and state <> 'purged'`,
        [workspaceId, told, state],
      );
    },

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

    /** Without those that somebody is just making; to close one comes before all else, and to destroy one last. */
    async unsettled(cluster: string, without: readonly string[], limit: number): Promise<string[]> {
      const rows = await db.query<{ id: string }>(
        `select workspace_id as id from placement where settled_revision < revision and cluster = $1
           and workspace_id <> all($2)
           and (settled_revision > 0 or updated_at < now() - interval '5 seconds')
         order by state <> 'disabled', state = 'purged', updated_at limit $3`,
        [cluster, without, limit],
      );
      return rows.map(({ id }) => id);
    },

    async forgetCredentials(workspaceId: string): Promise<void> {
      await db.query('delete from credential where workspace_id = $1', [workspaceId]);
    },
  };
}
