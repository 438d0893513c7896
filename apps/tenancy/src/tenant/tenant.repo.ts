import { AppError } from '@plinth/contracts';
import { conditions, isUniqueViolation, type Queryable, type Slice } from '@plinth/database';
import { ofLifecycle, statusOf } from '../lifecycle.ts';
import type { CreateTenant, Tenant, TenantFilter, UpdateTenant } from './tenant.schema.ts';

export type TenantRow = Omit<Tenant, 'etag'> & { version: number };

const COLUMNS = `id, organization_id as "organizationId", slug, display_name as "displayName", plan, ${statusOf('tenant')},
  admin_email as "adminEmail", version, created_at as "createdAt", updated_at as "updatedAt",
  deleted_at as "deletedAt", purge_at as "purgeAt"`;

export function tenantRepo(db: Queryable) {
  async function one(text: string, values: unknown[]): Promise<TenantRow | undefined> {
    const [row] = await db.query<TenantRow>(text, values);
    return row;
  }

  return {
    find: (organizationId: string, id: string) =>
      one(`select ${COLUMNS} from tenant where organization_id = $1 and id = $2 and purged_at is null`, [
        organizationId,
        id,
      ]),

    /** Until the transaction ends nobody else changes it, nor adds a workspace to it. */
    lock: (organizationId: string, id: string) =>
      one(
        `select ${COLUMNS} from tenant where organization_id = $1 and id = $2 and purged_at is null for update`,
        [organizationId, id],
      ),

    list(organizationId: string, filter: TenantFilter, { beforeId, limit }: Slice) {
      const where = conditions([
        ['organization_id = ?', organizationId],
        ['id = ?', filter.tenantId],
        ['id = any(?)', filter.reached],
        ['purged_at is null'],
        ...ofLifecycle('tenant', filter),
        ['plan = ?', filter.plan],
        ['id < ?', beforeId],
      ]);
      return db.query<TenantRow>(
        `select ${COLUMNS} from tenant where ${where.text} order by id desc limit ${where.next}`,
        [...where.values, limit],
      );
    },

    /** How many the organization has; it stays true until the transaction ends. Workspaces are made meanwhile all the same. */
    async countLocked(organizationId: string): Promise<number> {
      await db.query('select 1 from organization where id = $1 for no key update', [organizationId]);
      const [row] = await db.query<{ count: number }>(
        'select count(*)::int as count from tenant where organization_id = $1 and deleted_at is null',
        [organizationId],
      );
      return row?.count ?? 0;
    },

    async insert(organizationId: string, tenant: CreateTenant & { id: string }): Promise<TenantRow> {
      try {
        const row = await one(
          `insert into tenant (id, organization_id, slug, display_name, plan, status, admin_email)
           values ($1, $2, $3, $4, $5, 'active', $6) returning ${COLUMNS}`,
          [tenant.id, organizationId, tenant.slug, tenant.displayName, tenant.plan, tenant.adminEmail],
        );
        if (!row) throw new Error('insert returned no row');
        return row;
      } catch (error) {
        if (!isUniqueViolation(error, 'tenant_slug_taken')) throw error;
        throw new AppError('SLUG_TAKEN', {
          message: `The organization already has a tenant with the slug ${tenant.slug}`,
          details: { slug: tenant.slug },
          cause: error,
        });
      }
    },

    update: (organizationId: string, id: string, changes: Omit<UpdateTenant, 'tenantId' | 'ifMatch'>) =>
      one(
        `update tenant set display_name = coalesce($3, display_name), plan = coalesce($4, plan),
           admin_email = coalesce($5, admin_email), status = coalesce($6, status),
           version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 returning ${COLUMNS}`,
        [organizationId, id, changes.displayName, changes.plan, changes.adminEmail, changes.status],
      ),

    markDeleted: (organizationId: string, id: string, keepDays: number) =>
      one(
        `update tenant set deleted_at = now(), purge_at = now() + make_interval(days => $3),
           version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 returning ${COLUMNS}`,
        [organizationId, id, keepDays],
      ),

    markUndeleted: (organizationId: string, id: string) =>
      one(
        `update tenant set deleted_at = null, purge_at = null,
           version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 and purge_at > now() returning ${COLUMNS}`,
        [organizationId, id],
      ),
  };
}
