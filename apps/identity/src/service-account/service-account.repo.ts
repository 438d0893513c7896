import type { Permission } from '@plinth/contracts';
import { conditions, type Queryable, type Slice } from '@plinth/database';
import type { KnownAccount } from './known-account.ts';
import type { ListServiceAccounts, ServiceAccount } from './service-account.schema.ts';

/** As it is stored: `permissions` are the finer list, where there is one. */
export interface ServiceAccountRow extends Omit<ServiceAccount, 'etag' | 'permissions'> {
  permissions: Permission[] | null;
  version: number;
}

export type ServiceAccountFields = Pick<
  ServiceAccountRow,
  'name' | 'description' | 'role' | 'permissions' | 'tenantIds' | 'workspaceIds'
>;

const STATUS = `case when disabled_at is null then 'active' else 'disabled' end`;

export const COLUMNS = `id, name, description, role, permissions, tenant_ids as "tenantIds", workspace_ids as "workspaceIds",
  ${STATUS} as status, created_by as "createdBy", created_at as "createdAt", updated_at as "updatedAt",
  last_used_at as "lastUsedAt", last_used_from as "lastUsedFrom", version,
  case when client_created_at is not null then id end as "clientId", client_secret_at as "clientSecretAt"`;

/** From then on its tokens open nothing, and the provider is to be told as soon as nobody else is telling it something. */
const FORGET_CLIENT = `client_created_at = null, client_secret_at = null,
  client_attempt = case when client_created_at is not null or client_attempt is not null then 'forget' end,
  client_locked_until = case when client_created_at is not null or client_attempt is not null
    then greatest(client_locked_until, now()) end`;

export const ALIVE = 'organization_id = $1 and id = $2 and deleted_at is null';

export function serviceAccountRepo(db: Queryable) {
  async function one(text: string, values: unknown[]): Promise<ServiceAccountRow | undefined> {
    const [row] = await db.query<ServiceAccountRow>(text, values);
    return row;
  }

  return {
    find: (organizationId: string, id: string) =>
      one(`select ${COLUMNS} from service_account where ${ALIVE}`, [organizationId, id]),

    /** Of any organization. */
    async known(id: string): Promise<KnownAccount | undefined> {
      const [row] = await db.query<KnownAccount>(
        `select organization_id as "organizationId", deleted_at is not null as "isDeleted", ${COLUMNS}
         from service_account where id = $1`,
        [id],
      );
      return row;
    },

    /** Until the transaction ends nobody else changes it. */
    lock: (organizationId: string, id: string) =>
      one(`select ${COLUMNS} from service_account where ${ALIVE} for no key update`, [organizationId, id]),

    list(
      organizationId: string,
      { status }: Omit<ListServiceAccounts, 'limit' | 'cursor'>,
      { beforeId, limit }: Slice,
    ) {
      const where = conditions([
        ['organization_id = ?', organizationId],
        ['deleted_at is null'],
        [`${STATUS} = ?`, status],
        ['id < ?', beforeId],
      ]);
      return db.query<ServiceAccountRow>(
        `select ${COLUMNS} from service_account where ${where.text} order by id desc limit ${where.next}`,
        [...where.values, limit],
      );
    },

    async insert(
      organizationId: string,
      id: string,
      createdBy: string | undefined,
      fields: ServiceAccountFields,
    ): Promise<ServiceAccountRow> {
      const { name, description, role, permissions, tenantIds, workspaceIds } = fields;
      const row = await one(
        `insert into service_account
           (id, organization_id, created_by, name, description, role, permissions, tenant_ids, workspace_ids)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`,
        [
          id,
          organizationId,
          createdBy ?? null,
          name,
          description,
          role,
          permissions,
          tenantIds,
          workspaceIds,
        ],
      );
      if (!row) throw new Error('insert returned no row');
      return row;
    },

    update: (
      organizationId: string,
      id: string,
      fields: ServiceAccountFields & Pick<ServiceAccountRow, 'status'>,
    ) =>
      one(
        `update service_account set name = $3, description = $4, role = $5, permissions = $6, tenant_ids = $7,
           workspace_ids = $8, disabled_at = case when $9 = 'disabled' then coalesce(disabled_at, now()) end,
           version = version + 1, updated_at = now()
         where ${ALIVE} returning ${COLUMNS}`,
        [
          organizationId,
          id,
          fields.name,
          fields.description,
          fields.role,
          fields.permissions,
          fields.tenantIds,
          fields.workspaceIds,
          fields.status,
        ],
      ),

    forgetClient: (organizationId: string, id: string) =>
      one(
        `update service_account set ${FORGET_CLIENT}, version = version + 1, updated_at = now()
         where ${ALIVE} returning ${COLUMNS}`,
        [organizationId, id],
      ),

    remove: (organizationId: string, id: string) =>
      one(
        `update service_account set ${FORGET_CLIENT}, deleted_at = now(), version = version + 1, updated_at = now()
         where ${ALIVE} returning ${COLUMNS}`,
        [organizationId, id],
      ),
  };
}
