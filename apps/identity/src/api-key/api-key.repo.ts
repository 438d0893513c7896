import { type ApiKeyOwner, type ApiKeyStage, displayOfApiKey, type Permission } from '@plinth/contracts';
import { conditions, type Queryable, type Slice } from '@plinth/database';
import type { ApiKey, ListApiKeys } from './api-key.schema.ts';
import type { PepperedHash } from './pepper.ts';

/** As it is stored: `permissions` are the finer list, where there is one. */
export interface ApiKeyRow extends Omit<ApiKey, 'etag' | 'permissions' | 'warnings'> {
  permissions: Permission[] | null;
  version: number;
}

export type ApiKeyFields = Pick<
  ApiKeyRow,
  'name' | 'permissions' | 'tenantIds' | 'workspaceIds' | 'allowedCidrs' | 'notBefore' | 'expiresAt'
>;

export interface NewSecret extends PepperedHash {
  publicId: string;
  stage: ApiKeyStage;
}

type Stored = Omit<ApiKeyRow, 'display'> & { publicId: string; stage: ApiKeyStage };

/** For as long whoever still shows an old one is told apart from a stranger. */
const KEPT = "interval '90 days'";

const STATUS = `case
  when k.deleted_at is not null then 'deleted'
  when k.leaked_at is not null then 'leaked'
  when k.expires_at <= now() then 'expired'
  when k.not_before > now() then 'scheduled'
  when secret.rotating_until is not null then 'rotating'
  else 'active' end`;

const SELECT = `select k.id, k.name, k.role, k.permissions, k.tenant_ids as "tenantIds", k.workspace_ids as "workspaceIds",
    k.allowed_cidrs as "allowedCidrs", k.not_before as "notBefore", k.expires_at as "expiresAt", k.owner_id as "ownerId",
    k.created_by as "createdBy", k.created_at as "createdAt", k.updated_at as "updatedAt",
    k.last_used_at as "lastUsedAt", k.last_used_from as "lastUsedFrom", k.version, ${STATUS} as status,
    secret.rotating_until as "rotatingUntil", secret.public_id as "publicId", secret.stage
  from api_key k cross join lateral (
    select max(public_id) filter (where valid_until is null) as public_id,
      max(stage) filter (where valid_until is null) as stage,
      max(valid_until) filter (where valid_until > now()) as rotating_until
    from api_key_secret where key_id = k.id
  ) secret`;

/** The id of an owner tells what it is. */
export const ownerKindOf = (ownerId: string): ApiKeyOwner =>
  ownerId.startsWith('usr_') ? 'member' : 'serviceAccount';

const shown = ({ publicId, stage, ...row }: Stored): ApiKeyRow => ({
  ...row,
  display: displayOfApiKey({ owner: ownerKindOf(row.ownerId), stage, id: publicId }),
});

export function apiKeyRepo(db: Queryable) {
  async function one(where: string, values: unknown[]): Promise<ApiKeyRow | undefined> {
    const [row] = await db.query<Stored>(`${SELECT} ${where}`, values);
    return row && shown(row);
  }

  const find = (organizationId: string, id: string) =>
    one('where k.organization_id = $1 and k.id = $2', [organizationId, id]);

  return {
    find,

    /** Until the transaction ends nobody else changes it. */
    lock: (organizationId: string, id: string) =>
      one('where k.organization_id = $1 and k.id = $2 for no key update of k', [organizationId, id]),

    async list(
      organizationId: string,
      { status, createdBy, ownerId }: Omit<ListApiKeys, 'limit' | 'cursor'>,
      slice: Slice,
    ) {
      const where = conditions([
        ['k.organization_id = ?', organizationId],
        ['k.deleted_at is null'],
        ['lower(k.created_by) = lower(?)', createdBy],
        ['k.owner_id = ?', ownerId],
        [`${STATUS} = ?`, status],
        ['k.id < ?', slice.beforeId],
      ]);
      const rows = await db.query<Stored>(
        `${SELECT} where ${where.text} order by k.id desc limit ${where.next}`,
        [...where.values, slice.limit],
      );
      return rows.map(shown);
    },

    /** The address of the maker is its owner's where the call does not tell it: a key made by a key. */
    async insert(
      organizationId: string,
      key: ApiKeyFields & Pick<ApiKeyRow, 'id' | 'role' | 'ownerId'> & { email: string | undefined },
    ): Promise<void> {
      await db.query(
        `insert into api_key (id, organization_id, owner_id, created_by, name, role, permissions, tenant_ids,
           workspace_ids, allowed_cidrs, not_before, expires_at)
         values ($1, $2, $3, coalesce($4, (select email from principal where id = $3)), $5, $6, $7, $8, $9, $10, $11, $12)`,
        [
          key.id,
          organizationId,
          key.ownerId,
          key.email ?? null,
          key.name,
          key.role,
          key.permissions,
          key.tenantIds,
          key.workspaceIds,
          key.allowedCidrs,
          key.notBefore,
          key.expiresAt,
        ],
      );
    },

    /** The secrets of before end in so many seconds, those of an earlier rotation no later than they would have. */
    async addSecret(keyId: string, secret: NewSecret, overlapSeconds = 0): Promise<void> {
      await db.query(
        `update api_key_secret set valid_until = least(valid_until, now() + make_interval(secs => $2)) where key_id = $1`,
        [keyId, overlapSeconds],
      );
      await db.query(
        `insert into api_key_secret (public_id, key_id, stage, hash, pepper_version) values ($1, $2, $3, $4, $5)`,
        [secret.publicId, keyId, secret.stage, secret.hash, secret.pepperVersion],
      );
    },

    async update(organizationId: string, id: string, fields: ApiKeyFields): Promise<ApiKeyRow | undefined> {
      await db.query(
        `update api_key set name = $3, permissions = $4, tenant_ids = $5, workspace_ids = $6, allowed_cidrs = $7,
           not_before = $8, expires_at = $9, version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2`,
        [
          organizationId,
          id,
          fields.name,
          fields.permissions,
          fields.tenantIds,
          fields.workspaceIds,
          fields.allowedCidrs,
          fields.notBefore,
          fields.expiresAt,
        ],
      );
      return find(organizationId, id);
    },

    /** Of a key that has another secret now, or is no more. */
    async touch(
      organizationId: string,
      id: string,
      { isDeleted = false } = {},
    ): Promise<ApiKeyRow | undefined> {
      await db.query(
        `update api_key set deleted_at = case when $3 then now() end, version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2`,
        [organizationId, id, isDeleted],
      );
      return find(organizationId, id);
    },

    /** All of an owner that is no more. */
    async removeOf(ownerId: string): Promise<void> {
      await db.query(
        `update api_key set deleted_at = now(), version = version + 1, updated_at = now()
         where owner_id = $1 and deleted_at is null`,
        [ownerId],
      );
    },

    async markLeaked(organizationId: string, id: string): Promise<ApiKeyRow | undefined> {
      await db.query(
        `update api_key set leaked_at = now(), version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 and deleted_at is null`,
        [organizationId, id],
      );
      const row = await find(organizationId, id);
      return row?.status === 'leaked' ? row : undefined;
    },

    /** How many keys and secrets went of those that have long been of no use. */
    async sweep(): Promise<number> {
      const keys = await db.query(`delete from api_key where deleted_at < now() - ${KEPT} returning 1`);
      const secrets = await db.query(
        `delete from api_key_secret where valid_until < now() - ${KEPT} returning 1`,
      );
      return keys.length + secrets.length;
    },
  };
}
