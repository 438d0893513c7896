import type { Membership, PlanName, WorkspaceInScope } from '@plinth/contracts';
import type { Queryable } from '@plinth/database';
import { statusOf } from '../lifecycle.ts';

const MEMBERSHIP = `o.id as "organizationId", o.slug, o.display_name as "displayName", m.role`;

export interface TenantAccess {
  organizationId: string;
  tenantId: string;
  plan: PlanName;
  status: 'active' | 'suspended' | 'deleted';
}

export interface WorkspaceAccess extends TenantAccess {
  workspace: WorkspaceInScope;
}

export function accessRepo(db: Queryable) {
  return {
    memberships: (userId: string): Promise<Membership[]> =>
      db.query<Membership>(
        `select ${MEMBERSHIP} from member m join organization o on o.id = m.organization_id
         where m.user_id = $1 order by m.created_at, o.id`,
        [userId],
      ),

    async organization(id: string): Promise<Omit<Membership, 'role'> | undefined> {
      const [row] = await db.query<Omit<Membership, 'role'>>(
        `select id as "organizationId", slug, display_name as "displayName" from organization where id = $1`,
        [id],
      );
      return row;
    },

    /** Memberships that wait for somebody with this verified address become this user's. */
    async claim(userId: string, email: string): Promise<void> {
      await db.query(
        `update member m set user_id = $1 where m.user_id is null and lower(m.email) = lower($2)
         and not exists (select 1 from member o where o.organization_id = m.organization_id and o.user_id = $1)`,
        [userId, email],
      );
    },

    /** Which of these the organization has, and has not deleted. */
    async owned(
      organizationId: string,
      tenantIds: readonly string[],
      workspaceIds: readonly string[],
    ): Promise<string[]> {
      const rows = await db.query<{ id: string }>(
        `select id from tenant where organization_id = $1 and id = any($2) and deleted_at is null
         union all
         select w.id from workspace w join tenant t on t.id = w.tenant_id
         where w.organization_id = $1 and w.id = any($3) and w.deleted_at is null and t.deleted_at is null`,
        [organizationId, tenantIds, workspaceIds],
      );
      return rows.map(({ id }) => id);
    },

    async tenant(id: string): Promise<TenantAccess | undefined> {
      const [row] = await db.query<TenantAccess>(
        `select organization_id as "organizationId", id as "tenantId", plan, ${statusOf('tenant')} from tenant where id = $1`,
        [id],
      );
      return row;
    },

    async tenantsOn(organizationId: string, plans: readonly PlanName[]): Promise<string[]> {
      const rows = await db.query<{ id: string }>(
        'select id from tenant where organization_id = $1 and plan = any($2) and deleted_at is null order by id',
        [organizationId, plans],
      );
      return rows.map(({ id }) => id);
    },

    async workspace(workspaceId: string): Promise<WorkspaceAccess | undefined> {
      const [row] = await db.query<WorkspaceAccess>(
        `select t.organization_id as "organizationId", t.id as "tenantId", t.plan, ${statusOf('t')},
           (select row_to_json(own) from (select w.id, w.capabilities, ${statusOf('w')}) own) as workspace
         from workspace w join tenant t on t.id = w.tenant_id where w.id = $1`,
        [workspaceId],
      );
      return row;
    },
  };
}
