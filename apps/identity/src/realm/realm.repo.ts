import { conditions, type Queryable, type Slice } from '@plinth/database';

export interface RealmRow {
  id: string;
  tenantId: string;
  organizationId: string;
  placement: string;
  sealedSecret: Buffer;
  enabled: boolean;
  /** Nothing before it is made. */
  enabledAtProvider: boolean | null;
  /** It is being told, or was without an answer. */
  isUncertain: boolean;
  createdAt: string;
  updatedAt: string;
}

export type NewRealm = Pick<RealmRow, 'id' | 'tenantId' | 'placement' | 'sealedSecret'>;

const COLUMNS = `id, tenant_id as "tenantId", organization_id as "organizationId", placement,
  sealed_secret as "sealedSecret", enabled, enabled_at_provider as "enabledAtProvider",
  locked_until is not null as "isUncertain",
  created_at as "createdAt", updated_at as "updatedAt"`;

export function realmRepo(db: Queryable) {
  async function one(text: string, values: unknown[]): Promise<RealmRow | undefined> {
    const [row] = await db.query<RealmRow>(text, values);
    return row;
  }

  return {
    find: (organizationId: string, id: string) =>
      one(`select ${COLUMNS} from realm where organization_id = $1 and id = $2`, [organizationId, id]),

    list(
      organizationId: string,
      tenantIds: readonly string[],
      { beforeId, limit }: Slice,
    ): Promise<RealmRow[]> {
      const where = conditions([
        ['organization_id = ?', organizationId],
        ['tenant_id = any(?)', tenantIds],
        ['id < ?', beforeId],
      ]);
      return db.query<RealmRow>(
        `select ${COLUMNS} from realm where ${where.text} order by id desc limit ${where.next}`,
        [...where.values, limit],
      );
    },

    /** A tenant that has a realm keeps the one it has. */
    async insertMissing(organizationId: string, realms: readonly NewRealm[]): Promise<void> {
      await db.query(
        `insert into realm (id, tenant_id, organization_id, placement, sealed_secret)
         select id, tenant_id, $1, placement, sealed_secret
         from unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) as new (id, tenant_id, placement, sealed_secret)
         on conflict (tenant_id) do nothing`,
        [
          organizationId,
          realms.map(({ id }) => id),
          realms.map(({ tenantId }) => tenantId),
          realms.map(({ placement }) => placement),
          realms.map(({ sealedSecret }) => sealedSecret),
        ],
      );
    },

    async tenantsWithout(tenantIds: readonly string[]): Promise<string[]> {
      const rows = await db.query<{ id: string }>(
        `select id from unnest($1::text[]) as tenant (id)
         where not exists (select 1 from realm where tenant_id = tenant.id)`,
        [tenantIds],
      );
      return rows.map(({ id }) => id);
    },

    ofTenants: (tenantIds: readonly string[]): Promise<RealmRow[]> =>
      db.query<RealmRow>(`select ${COLUMNS} from realm where tenant_id = any($1)`, [tenantIds]),

    /** Made before, but not told yet whether it is enabled now. */
    unsettled: (limit: number): Promise<RealmRow[]> =>
      db.query<RealmRow>(
        `select ${COLUMNS} from realm
         where enabled_at_provider is not null
           and (enabled_at_provider is distinct from enabled or locked_until is not null) limit $1`,
        [limit],
      ),

    setEnabled: (id: string, enabled: boolean) =>
      one(
        `update realm set enabled = $2, updated_at = case when enabled = $2 then updated_at else now() end
         where id = $1 returning ${COLUMNS}`,
        [id, enabled],
      ),

    read: (id: string) => one(`select ${COLUMNS} from realm where id = $1`, [id]),

    /** The lock to tell the provider; nothing while another has it, or when there is nothing to tell. */
    takeLock: (id: string, seconds: number) =>
      one(
        `update realm set locked_until = now() + make_interval(secs => $2)
         where id = $1 and (locked_until is null or locked_until < now())
           and (enabled_at_provider is distinct from enabled or locked_until is not null) returning ${COLUMNS}`,
        [id, seconds],
      ),

    /** What the provider knows now. */
    async letGo(id: string, enabledAtProvider: boolean): Promise<void> {
      await db.query('update realm set locked_until = null, enabled_at_provider = $2 where id = $1', [
        id,
        enabledAtProvider,
      ]);
    },

    /** It may or may not have been told: anybody can try again at once. */
    async giveUp(id: string): Promise<void> {
      await db.query('update realm set locked_until = now() where id = $1', [id]);
    },
  };
}
