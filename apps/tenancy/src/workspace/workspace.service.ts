import { AppError, type Call, type CursorCodec, newId, type Page, planOf } from '@plinth/contracts';
import {
  changeOf,
  checkIfMatch,
  type Database,
  isEmpty,
  type Mutate,
  organizationOf,
  type Queryable,
  readPage,
  unchanged,
  withEtag,
} from '@plinth/database';
import { capabilityRequired, isReached, reachedIds, tenantSuspended } from '@plinth/service';
import { type TenantRow, tenantRepo } from '../tenant/tenant.repo.ts';
import { type WorkspaceRow, workspaceRepo } from './workspace.repo.ts';
import type {
  ChangeWorkspace,
  CreateWorkspace,
  ListWorkspaces,
  UpdateWorkspace,
  Workspace,
} from './workspace.schema.ts';

const KEPT_DAYS = 14;

interface WorkspaceDeps {
  database: Database;
  mutate: Mutate;
  cursors: CursorCodec;
}

const notFound = (id: string) =>
  new AppError('WORKSPACE_NOT_FOUND', { message: `Workspace ${id} not found` });

/** A passport that is narrowed to one tenant shows that tenant's workspaces only, a limited one those that it reaches. */
function found({ caller }: Call, row: WorkspaceRow | undefined, id: string): WorkspaceRow {
  if (!row || (caller.tenantId !== undefined && row.tenantId !== caller.tenantId)) throw notFound(id);
  if (!isReached(caller, { tenantId: row.tenantId, workspaceId: row.id })) throw notFound(id);
  return row;
}

function alive(call: Call, row: WorkspaceRow | undefined, id: string): WorkspaceRow {
  const workspace = found(call, row, id);
  if (workspace.deletedAt !== null) throw notFound(id);
  return workspace;
}

function checkTenantAlive(tenant: TenantRow): void {
  if (tenant.deletedAt !== null) {
    throw new AppError('TENANT_DELETED', { details: { tenantId: tenant.id, purgeAt: tenant.purgeAt } });
  }
}

function checkTenantActive(tenant: TenantRow): void {
  checkTenantAlive(tenant);
  if (tenant.status === 'suspended') throw tenantSuspended(tenant.id);
}

function checkCapabilities(tenant: TenantRow, wanted: Workspace['capabilities']): void {
  const missing = wanted.find((capability) => !planOf(tenant.plan).capabilities.includes(capability));
  if (missing) throw capabilityRequired(missing, tenant.plan);
}

async function checkQuota(tx: Queryable, tenant: TenantRow): Promise<void> {
  const limit = planOf(tenant.plan).quotas.workspaces;
  const { count } = await workspaceRepo(tx).usageOf(tenant.organizationId, tenant.id);
  if (count < limit) return;
  throw new AppError('QUOTA_EXCEEDED', {
    message: `The plan ${tenant.plan} allows ${limit} workspaces`,
    details: { quota: 'workspaces', plan: tenant.plan, limit },
  });
}

const effect = (type: string, before: WorkspaceRow | undefined, after: WorkspaceRow) => ({
  ...changeOf({ kind: 'workspace', type, tenantId: after.tenantId, before, after }),
  revokes: before && isOtherInPassports(before, after) ? [`tenant:${after.tenantId}` as const] : [],
});

/** Passports say what a workspace holds, and whether it can be used. */
function isOtherInPassports(before: WorkspaceRow, after: WorkspaceRow): boolean {
  const listed = ({ capabilities }: WorkspaceRow) => [...capabilities].sort().join();
  return before.status !== after.status || listed(before) !== listed(after);
}

/** Every change of a workspace holds its tenant's lock, so that plan, quota and workspaces are judged together. */
async function lockTenant(tx: Queryable, organizationId: string, tenantId: string): Promise<TenantRow> {
  const tenant = await tenantRepo(tx).lock(organizationId, tenantId);
  if (!tenant) throw new AppError('TENANT_NOT_FOUND', { message: `Tenant ${tenantId} not found` });
  return tenant;
}

async function lockWithTenant(tx: Queryable, call: Call, workspaceId: string) {
  const organizationId = organizationOf(call);
  const workspaces = workspaceRepo(tx);
  const { tenantId } = found(call, await workspaces.find(organizationId, workspaceId), workspaceId);
  const tenant = await lockTenant(tx, organizationId, tenantId);
  const row = found(call, await workspaces.lock(organizationId, workspaceId), workspaceId);
  return { organizationId, workspaces, tenant, row };
}

export function createWorkspaceService({ database, mutate, cursors }: WorkspaceDeps) {
  return {
    create(call: Call, input: CreateWorkspace): Promise<Workspace> {
      const organizationId = organizationOf(call);
      return mutate(call, async (tx) => {
        const tenant = await lockTenant(tx, organizationId, input.tenantId);
        checkTenantActive(tenant);
        checkCapabilities(tenant, input.capabilities);
        await checkQuota(tx, tenant);
        const row = await workspaceRepo(tx).insert(organizationId, { ...input, id: newId('workspace') });
        return effect('workspace.created', undefined, row);
      });
    },

    async list(call: Call, { cursor, limit, ...asked }: ListWorkspaces): Promise<Page<Workspace>> {
      const organizationId = organizationOf(call);
      const { tenantId, workspaceId } = call.caller;
      const filter = {
        ...asked,
        tenantId: asked.tenantId ?? tenantId,
        workspaceId,
        reached: reachedIds(call.caller),
      };
      const query = ['workspace.list', organizationId, filter];
      const page = await readPage(cursors, { query, cursor, limit }, (slice) =>
        workspaceRepo(database).list(organizationId, filter, slice),
      );
      return { ...page, data: page.data.map(withEtag) };
    },

    async get(call: Call, id: string): Promise<Workspace> {
      const organizationId = organizationOf(call);
      const row = found(call, await workspaceRepo(database).find(organizationId, id), id);
      const tenant = await tenantRepo(database).find(organizationId, row.tenantId);
      if (tenant) checkTenantAlive(tenant);
      return withEtag(row);
    },

    update(call: Call, { workspaceId, ifMatch, ...changes }: UpdateWorkspace): Promise<Workspace> {
      return mutate(call, async (tx) => {
        const { organizationId, workspaces, tenant, row } = await lockWithTenant(tx, call, workspaceId);
        const before = alive(call, row, workspaceId);
        checkTenantActive(tenant);
        checkIfMatch(ifMatch, before.version);
        if (isEmpty(changes)) return unchanged('workspace', before);
        checkCapabilities(tenant, changes.capabilities ?? []);
        const after = alive(call, await workspaces.update(organizationId, workspaceId, changes), workspaceId);
        return effect('workspace.updated', before, after);
      });
    },

    remove(call: Call, { workspaceId, ifMatch }: ChangeWorkspace): Promise<Workspace> {
      return mutate(call, async (tx) => {
        const { organizationId, workspaces, tenant, row } = await lockWithTenant(tx, call, workspaceId);
        const before = alive(call, row, workspaceId);
        checkTenantAlive(tenant);
        checkIfMatch(ifMatch, before.version);
        const after = found(
          call,
          await workspaces.markDeleted(organizationId, workspaceId, KEPT_DAYS),
          workspaceId,
        );
        return effect('workspace.deleted', before, after);
      });
    },

    undelete(call: Call, { workspaceId, ifMatch }: ChangeWorkspace): Promise<Workspace> {
      return mutate(call, async (tx) => {
        const {
          organizationId,
          workspaces,
          tenant,
          row: before,
        } = await lockWithTenant(tx, call, workspaceId);
        if (before.deletedAt === null) {
          throw new AppError('INVALID_STATE', {
            message: 'The workspace is not deleted',
            details: { status: before.status, allowed: ['deleted'] },
          });
        }
        checkTenantActive(tenant);
        checkIfMatch(ifMatch, before.version);
        checkCapabilities(tenant, before.capabilities);
        await checkQuota(tx, tenant);
        const after = found(call, await workspaces.markUndeleted(organizationId, workspaceId), workspaceId);
        return effect('workspace.undeleted', before, after);
      });
    },
  };
}

export type WorkspaceService = ReturnType<typeof createWorkspaceService>;
