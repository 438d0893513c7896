import { randomBytes } from 'node:crypto';
import {
  AppError,
  type Call,
  type Caller,
  type CursorCodec,
  type findRealmInput,
  type findRealmOutput,
  type Log,
  newId,
  type Page,
  sealText,
  type TenantInScope,
} from '@plinth/contracts';
import { type Database, organizationOf, readPage } from '@plinth/database';
import { capabilityRequired, isReached, tenantSuspended } from '@plinth/service';
import type { z } from 'zod';
import type { RealmAdmin, RealmRef } from '../provider/realm-admin.ts';
import type { Tenancy } from '../tenancy.ts';
import { hasRealm, isRealmOpen, REALM_CAPABILITY } from './may-have-realm.ts';
import { type RealmRow, realmRepo } from './realm.repo.ts';
import type { ListRealms, Realm } from './realm.schema.ts';
import type { Settle } from './settle.ts';
import type { Whereabouts } from './whereabouts.ts';

// A tenant whose plan has the capability `identity` has one realm, for as long as its plan has it. Whose realm it is, and
// whether its tenant may use it, is asked of tenancy at each call; where it is kept, of its row.

const SWEPT_AT_ONCE = 100;
const ON_OUR_OWN = { correlationId: 'realms', traceparent: undefined };

/** A realm that a call may use, and how. */
export interface OpenRealm {
  realm: RealmRow;
  admin: RealmAdmin;
  ref: RealmRef;
}

interface RealmDeps {
  database: Database;
  tenancy: Pick<Tenancy, 'tenant' | 'capableTenants'>;
  /** Where new realms are made. */
  placement: string;
  whereabouts: Whereabouts;
  cursors: CursorCodec;
  settle: Settle;
  /** What the secrets of realms are encrypted under, the newest first. */
  sealKeys: readonly Buffer[];
  log: Log;
}

const notFound = (id: string) => new AppError('REALM_NOT_FOUND', { message: `Realm ${id} not found` });

/** A realm is a tenant's, so a credential that is limited to workspaces reaches none. */
const isWithin = (caller: Caller, tenantId: string): boolean =>
  (caller.tenantId === undefined || caller.tenantId === tenantId) && isReached(caller, { tenantId });

function checkUsable(tenant: TenantInScope, access: 'read' | 'write'): void {
  if (tenant.deleted) throw new AppError('TENANT_DELETED', { details: { tenantId: tenant.id } });
  if (!hasRealm(tenant)) throw capabilityRequired(REALM_CAPABILITY, tenant.plan);
  if (access === 'write' && tenant.suspended) throw tenantSuspended(tenant.id);
}

export function createRealmService(deps: RealmDeps) {
  const { database, tenancy, placement, cursors, settle, sealKeys, log } = deps;
  const realms = realmRepo(database);
  const { installationOf, at } = deps.whereabouts;

  function shown(row: RealmRow): Realm {
    const { id, tenantId, organizationId, enabled, enabledAtProvider, createdAt, updatedAt } = row;
    const { admin, issuerBase } = installationOf(row);
    const issuer = `${issuerBase}/${id}`;
    const active = enabledAtProvider === true ? 'active' : 'pending';
    return {
      id,
      tenantId,
      organizationId,
      issuer,
      jwksUri: `${issuer}/protocol/openid-connect/certs`,
      provider: admin.backend,
      status: enabled ? active : 'disabled',
      createdAt,
      updatedAt,
    };
  }

  async function ensureRows(organizationId: string, tenantIds: readonly string[]): Promise<void> {
    const missing = await realms.tenantsWithout(tenantIds);
    const [sealKey] = sealKeys;
    if (missing.length === 0 || !sealKey) return;
    const rows = missing.map((tenantId) => ({
      id: newId('realm'),
      tenantId,
      placement,
      sealedSecret: sealText(sealKey, randomBytes(32).toString('base64url')),
    }));
    await realms.insertMissing(organizationId, rows);
  }

  /** Its plan may have lost the capability, or the tenant be suspended, since somebody looked last; or be as before. */
  async function judged(row: RealmRow, tenant: TenantInScope): Promise<RealmRow> {
    const enabled = isRealmOpen(tenant);
    const now = row.enabled === enabled ? row : ((await realms.setEnabled(row.id, enabled)) ?? row);
    // Nobody waits for it; where it fails now, the sweeper tries again.
    if (!enabled && now.enabledAtProvider !== null) settle(now).catch(() => undefined);
    return now;
  }

  /** To be looked at only: while the provider is away, or slow to make it, it is shown as pending. */
  async function settledIfPossible(row: RealmRow): Promise<RealmRow> {
    try {
      return await settle(row);
    } catch (error) {
      if (error instanceof AppError && error.code === 'AUTH_UNAVAILABLE') return row;
      throw error;
    }
  }

  /** The row of a realm of the caller's, whose tenant may use it. */
  async function usable(call: Call, realmId: string, access: 'read' | 'write'): Promise<RealmRow> {
    const organizationId = organizationOf(call);
    const row = await realms.find(organizationId, realmId);
    if (!row || !isWithin(call.caller, row.tenantId)) throw notFound(realmId);
    const tenant = await tenancy.tenant(call, organizationId, row.tenantId);
    if (!tenant) throw notFound(realmId);
    const judgedRow = await judged(row, tenant);
    checkUsable(tenant, access);
    return judgedRow;
  }

  async function listOfTenant(call: Call, tenantId: string): Promise<Page<Realm>> {
    const organizationId = organizationOf(call);
    const tenant = isWithin(call.caller, tenantId)
      ? await tenancy.tenant(call, organizationId, tenantId)
      : undefined;
    if (!tenant) throw new AppError('TENANT_NOT_FOUND', { message: `Tenant ${tenantId} not found` });
    checkUsable(tenant, 'read');
    await ensureRows(organizationId, [tenantId]);
    const rows = await realms.ofTenants([tenantId]);
    const settled = await Promise.all(rows.map(async (row) => settledIfPossible(await judged(row, tenant))));
    return { data: settled.map(shown), pagination: { hasMore: false, nextCursor: null } };
  }

  async function reconsider(row: RealmRow): Promise<void> {
    try {
      const tenant = await tenancy.tenant(ON_OUR_OWN, row.organizationId, row.tenantId);
      if (tenant) await settle(await judged(row, tenant));
    } catch (err) {
      log.warn({ err, realm: row.id }, 'a realm could not be brought in line with its plan yet');
    }
  }

  return {
    async list(call: Call, { tenantId, cursor, limit }: ListRealms): Promise<Page<Realm>> {
      const one = tenantId ?? call.caller.tenantId;
      if (one !== undefined) return listOfTenant(call, one);
      const organizationId = organizationOf(call);
      const capable = await tenancy.capableTenants(call, organizationId, REALM_CAPABILITY);
      const tenantIds = capable.filter((id) => isWithin(call.caller, id));
      await ensureRows(organizationId, tenantIds);
      const query = ['realm.list', organizationId, call.caller.reach ?? null];
      const page = await readPage(cursors, { query, cursor, limit }, (slice) =>
        realms.list(organizationId, tenantIds, slice),
      );
      return { ...page, data: page.data.map(shown) };
    },

    async get(call: Call, realmId: string): Promise<Realm> {
      return shown(await settledIfPossible(await usable(call, realmId, 'read')));
    },

    /** The realm whose tokens bear exactly this issuer. Whether they open anything is judged where they are exchanged. */
    async find({ issuer }: z.output<typeof findRealmInput>): Promise<z.output<typeof findRealmOutput>> {
      const row = await realms.read(issuer.slice(issuer.lastIndexOf('/') + 1));
      const isExact = row !== undefined && shown(row).issuer === issuer;
      return { realmId: isExact ? row.id : null };
    },

    /** What these tenants are, or may, is another thing than before. What fails here is found out at their next call. */
    async reconsider(tenantIds: readonly string[]): Promise<void> {
      const rows = await realms.ofTenants(tenantIds).catch(() => []);
      await Promise.all(rows.filter((row) => row.enabledAtProvider !== null).map(reconsider));
    },

    /** Tells the provider what it could not be told before. */
    async sweep(): Promise<void> {
      for (const row of await realms.unsettled(SWEPT_AT_ONCE)) await reconsider(row);
    },

    /** For what is in a realm: to look at, or to change. */
    async open(call: Call, realmId: string, access: 'read' | 'write'): Promise<OpenRealm> {
      const realm = await settle(await usable(call, realmId, access));
      return { realm, ...at(realm) };
    },
  };
}

export type RealmService = ReturnType<typeof createRealmService>;
