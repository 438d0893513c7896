import {
  AppError,
  type Call,
  type CursorCodec,
  newId,
  ORGANIZATION_LIMITS,
  type Page,
  planOf,
} from '@plinth/contracts';
import {
  changeOf,
  checkIfMatch,
  type Database,
  isEmpty,
  type Mutate,
  organizationOf,
  readPage,
  unchanged,
  withEtag,
} from '@plinth/database';
import { reachedIds } from '@plinth/service';
import { workspaceRepo } from '../workspace/workspace.repo.ts';
import { type TenantRow, tenantRepo } from './tenant.repo.ts';
import type { ChangeTenant, CreateTenant, ListTenants, Tenant, UpdateTenant } from './tenant.schema.ts';

const KEPT_DAYS = 30;

interface TenantDeps {
  database: Database;
  mutate: Mutate;
  cursors: CursorCodec;
}

function found(row: TenantRow | undefined, id: string): TenantRow {
  if (!row) throw new AppError('TENANT_NOT_FOUND', { message: `Tenant ${id} not found` });
  return row;
}

const alive = (row: TenantRow | undefined, id: string): TenantRow =>
  found(row?.deletedAt === null ? row : undefined, id);

const effect = (type: string, before: TenantRow | undefined, after: TenantRow) => ({
  ...changeOf({ kind: 'tenant', type, tenantId: after.id, before, after }),
  revokes: before && isOtherInPassports(before, after) ? [`tenant:${after.id}` as const] : [],
});

/** Passports say on which plan a tenant is, and whether it is suspended. */
function isOtherInPassports(before: TenantRow, after: TenantRow): boolean {
  return before.status !== after.status || before.plan !== after.plan;
}

export function createTenantService({ database, mutate, cursors }: TenantDeps) {
  /** No workspace may be left with a capability that the new plan lacks, nor more workspaces than it allows. */
  async function checkPlanChange(
    workspaces: ReturnType<typeof workspaceRepo>,
    row: TenantRow,
    plan: Tenant['plan'],
  ) {
    const { capabilities, quotas } = planOf(plan);
    const used = await workspaces.usageOf(row.organizationId, row.id);
    const lacking = used.capabilities.filter(
      (capability) => !capabilities.some((held) => held === capability),
    );
    if (lacking.length === 0 && used.count <= quotas.workspaces) return;
    throw new AppError('PLAN_DOWNGRADE_BLOCKED', {
      message: `The plan ${plan} does not carry what this tenant's workspaces use`,
      details: {
        plan,
        lackingCapabilities: lacking,
        workspaces: used.count,
        workspaceQuota: quotas.workspaces,
      },
    });
  }

  async function checkQuota(tenants: ReturnType<typeof tenantRepo>, organizationId: string) {
    const limit = ORGANIZATION_LIMITS.tenants;
    if ((await tenants.countLocked(organizationId)) < limit) return;
    throw new AppError('QUOTA_EXCEEDED', {
      message: `The organization has its ${limit} tenants`,
      details: { quota: 'tenants', limit },
    });
  }

  return {
    create(call: Call, input: CreateTenant): Promise<Tenant> {
      const organizationId = organizationOf(call);
      return mutate(call, async (tx) => {
        const tenants = tenantRepo(tx);
        await checkQuota(tenants, organizationId);
        const row = await tenants.insert(organizationId, { ...input, id: newId('tenant') });
        return effect('tenant.created', undefined, row);
      });
    },

    async list(call: Call, { cursor, limit, ...asked }: ListTenants): Promise<Page<Tenant>> {
      const organizationId = organizationOf(call);
      const filter = { ...asked, tenantId: call.caller.tenantId, reached: reachedIds(call.caller) };
      const query = ['tenant.list', organizationId, filter];
      const page = await readPage(cursors, { query, cursor, limit }, (slice) =>
        tenantRepo(database).list(organizationId, filter, slice),
      );
      return { ...page, data: page.data.map(withEtag) };
    },

    async get(call: Call, id: string): Promise<Tenant> {
      return withEtag(found(await tenantRepo(database).find(organizationOf(call), id), id));
    },

    update(call: Call, { tenantId, ifMatch, ...changes }: UpdateTenant): Promise<Tenant> {
      const organizationId = organizationOf(call);
      return mutate(call, async (tx) => {
        const tenants = tenantRepo(tx);
        const before = alive(await tenants.lock(organizationId, tenantId), tenantId);
        checkIfMatch(ifMatch, before.version);
        if (isEmpty(changes)) return unchanged('tenant', before);
        if (changes.plan && changes.plan !== before.plan) {
          await checkPlanChange(workspaceRepo(tx), before, changes.plan);
        }
        const after = found(await tenants.update(organizationId, tenantId, changes), tenantId);
        return effect('tenant.updated', before, after);
      });
    },

    remove(call: Call, { tenantId, ifMatch }: ChangeTenant): Promise<Tenant> {
      const organizationId = organizationOf(call);
      return mutate(call, async (tx) => {
        const tenants = tenantRepo(tx);
        const before = alive(await tenants.lock(organizationId, tenantId), tenantId);
        checkIfMatch(ifMatch, before.version);
        const after = found(await tenants.markDeleted(organizationId, tenantId, KEPT_DAYS), tenantId);
        return effect('tenant.deleted', before, after);
      });
    },

    undelete(call: Call, { tenantId, ifMatch }: ChangeTenant): Promise<Tenant> {
      const organizationId = organizationOf(call);
      return mutate(call, async (tx) => {
        const tenants = tenantRepo(tx);
        const before = found(await tenants.lock(organizationId, tenantId), tenantId);
        if (before.deletedAt === null) {
          throw new AppError('INVALID_STATE', {
            message: 'The tenant is not deleted',
            details: { status: before.status, allowed: ['deleted'] },
          });
        }
        checkIfMatch(ifMatch, before.version);
        await checkQuota(tenants, organizationId);
        const after = found(await tenants.markUndeleted(organizationId, tenantId), tenantId);
        return effect('tenant.undeleted', before, after);
      });
    },
  };
}

export type TenantService = ReturnType<typeof createTenantService>;
