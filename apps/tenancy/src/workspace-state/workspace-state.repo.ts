import type { WorkspaceState } from '@plinth/contracts';
import type { Queryable } from '@plinth/database';

interface Changed {
  /** Of the newest change of any workspace. */
  last: number;
  rows: { sequence: number; workspaceId: string }[];
}

interface Purged {
  id: string;
  organizationId: string;
  tenantId: string;
}

export function workspaceStateRepo(db: Queryable) {
  return {
    of: (workspaceIds: readonly string[]): Promise<WorkspaceState[]> =>
      db.query<WorkspaceState>(
        `select w.id as "workspaceId", w.capabilities,
           case when w.purged_at is not null or t.purged_at is not null then 'purged'
             when w.deleted_at is not null or t.deleted_at is not null then 'deleted'
             when w.status = 'suspended' or t.status = 'suspended' then 'suspended'
             else 'active' end as status
         from workspace w join tenant t on t.id = w.tenant_id where w.id = any($1)`,
        [workspaceIds],
      ),

    /** One statement, and so one moment. A tenant's workspaces change together, under one number: they are not torn apart. */
    async changedSince(after: number, limit: number): Promise<Changed> {
      const rows = await db.query<{ last: number; sequence: number | null; id: string }>(
        `select counter.last, told.sequence, told.id
         from state_sequence counter
         left join lateral (
           select w.state_sequence as sequence, w.id from workspace w where w.state_sequence > $1
           union
           select t.state_sequence, w.id from tenant t join workspace w on w.tenant_id = t.id
           where t.state_sequence > $1
           order by sequence fetch first $2 rows with ties
         ) told on true
         order by told.sequence`,
        [after, limit],
      );
      return {
        last: rows[0]?.last ?? 0,
        rows: rows.flatMap(({ sequence, id }) => (sequence === null ? [] : [{ sequence, workspaceId: id }])),
      };
    },

    /** Of all whose time is over, one. What somebody brings back at this moment is left alone. */
    async purgeNext(kind: 'tenant' | 'workspace'): Promise<Purged | undefined> {
      const [purged] = await db.query<Purged & Record<string, unknown>>(
        `update ${kind} set purged_at = now(), version = version + 1, updated_at = now()
         where id = (select id from ${kind} where purge_at <= now() and purged_at is null
           order by purge_at limit 1 for update skip locked)
         returning id, organization_id as "organizationId", ${kind === 'tenant' ? 'id' : 'tenant_id'} as "tenantId"`,
      );
      return purged;
    },
  };
}
