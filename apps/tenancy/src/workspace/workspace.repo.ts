import { AppError, type WorkspaceCapability } from '@plinth/contracts';
import { conditions, isUniqueViolation, type Queryable, type Slice } from '@plinth/database';
import { ofLifecycle, statusOf } from '../lifecycle.ts';
import type { CreateWorkspace, UpdateWorkspace, Workspace, WorkspaceFilter } from './workspace.schema.ts';

export type WorkspaceRow = Omit<Workspace, 'etag'> & { version: number };

const COLUMNS = `w.id, w.tenant_id as "tenantId", w.slug, w.display_name as "displayName", w.capabilities,
  w.environment_type as "environment", ${statusOf('w')}, w.version, w.created_at as "createdAt",
  w.updated_at as "updatedAt", w.deleted_at as "deletedAt", w.purge_at as "purgeAt"`;

export function workspaceRepo(db: Queryable) {
  async function one(text: string, values: unknown[]): Promise<WorkspaceRow | undefined> {
    const [row] = await db.query<WorkspaceRow>(text, values);
    return row;
  }

  return {
    find: (organizationId: string, id: string) =>
      one(`select ${COLUMNS} from workspace w where organization_id = $1 and id = $2 and purged_at is null`, [
        organizationId,
        id,
      ]),

    lock: (organizationId: string, id: string) =>
      one(
        `select ${COLUMNS} from workspace w where organization_id = $1 and id = $2 and purged_at is null for update`,
        [organizationId, id],
      ),

    list(organizationId: string, filter: WorkspaceFilter, { beforeId, limit }: Slice) {
      const where = conditions([
        ['w.organization_id = ?', organizationId],
        ['w.tenant_id = ?', filter.tenantId],
        ['w.id = ?', filter.workspaceId],
        ['(w.tenant_id = any(?) or w.id = any(?))', filter.reached],
        ...ofLifecycle('w', filter),
        ['w.environment_type = ?', filter.environment],
        ['w.id < ?', beforeId],
        ['w.purged_at is null'],
        ['t.deleted_at is null'],
      ]);
      return db.query<WorkspaceRow>(
        `select ${COLUMNS} from workspace w join tenant t on t.id = w.tenant_id
         where ${where.text} order by w.id desc limit ${where.next}`,
        [...where.values, limit],
      );
    },

    /** What a tenant's living workspaces hold together. */
    async usageOf(
      organizationId: string,
      tenantId: string,
    ): Promise<{ count: number; capabilities: WorkspaceCapability[] }> {
      const rows = await db.query<{ capabilities: WorkspaceCapability[] }>(
        'select capabilities from workspace where organization_id = $1 and tenant_id = $2 and deleted_at is null',
        [organizationId, tenantId],
      );
      return { count: rows.length, capabilities: [...new Set(rows.flatMap((row) => row.capabilities))] };
    },

    async insert(organizationId: string, workspace: CreateWorkspace & { id: string }): Promise<WorkspaceRow> {
      const { id, tenantId, slug, displayName, capabilities, environment } = workspace;
      try {
        const row = await one(
          `insert into workspace as w (id, organization_id, tenant_id, slug, display_name, capabilities, environment_type, status)
           values ($1, $2, $3, $4, $5, $6, $7, 'active') returning ${COLUMNS}`,
          [id, organizationId, tenantId, slug, displayName, capabilities, environment],
        );
        if (!row) throw new Error('insert returned no row');
        return row;
      } catch (error) {
        if (!isUniqueViolation(error, 'workspace_slug_taken')) throw error;
        throw new AppError('SLUG_TAKEN', {
          message: `The tenant already has a workspace with the slug ${slug}`,
          details: { slug },
          cause: error,
        });
      }
    },

    update: (organizationId: string, id: string, changes: Omit<UpdateWorkspace, 'workspaceId' | 'ifMatch'>) =>
      one(
        `update workspace w set display_name = coalesce($3, display_name), capabilities = coalesce($4, capabilities),
           environment_type = coalesce($5, environment_type), status = coalesce($6, status),
           version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 returning ${COLUMNS}`,
        [organizationId, id, changes.displayName, changes.capabilities, changes.environment, changes.status],
      ),

    markDeleted: (organizationId: string, id: string, keepDays: number) =>
      one(
        `update workspace w set deleted_at = now(), purge_at = now() + make_interval(days => $3),
           version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 returning ${COLUMNS}`,
        [organizationId, id, keepDays],
      ),

    markUndeleted: (organizationId: string, id: string) =>
      one(
        `update workspace w set deleted_at = null, purge_at = null,
           version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 and purge_at > now() returning ${COLUMNS}`,
        [organizationId, id],
      ),
  };
}
