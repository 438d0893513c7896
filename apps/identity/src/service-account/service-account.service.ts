import {
  AppError,
  type Call,
  type CursorCodec,
  newId,
  ORGANIZATION_LIMITS,
  type Page,
  permissionsOf,
  validationError,
} from '@plinth/contracts';
import {
  changeOf,
  checkIfMatch,
  type Database,
  type Mutate,
  organizationOf,
  type Queryable,
  readPage,
  withEtag,
} from '@plinth/database';
import { apiKeyRepo } from '../api-key/api-key.repo.ts';
import { checkCeiling } from '../api-key/ceiling.ts';
import { heldBy, strengthOf } from '../api-key/held.ts';
import { absentPlaces, beyondRole } from '../api-key/limits.ts';
import { orElse } from '../or-else.ts';
import type { Tenancy } from '../tenancy.ts';
import {
  type ServiceAccountFields,
  type ServiceAccountRow,
  serviceAccountRepo,
} from './service-account.repo.ts';
import type {
  ChangeServiceAccount,
  CreateServiceAccount,
  ListServiceAccounts,
  ServiceAccount,
  UpdateServiceAccount,
} from './service-account.schema.ts';

interface ServiceAccountDeps {
  database: Database;
  mutate: Mutate;
  cursors: CursorCodec;
  tenancy: Pick<Tenancy, 'missing'>;
}

export function aliveAccount(row: ServiceAccountRow | undefined, id: string): ServiceAccountRow {
  if (!row) throw new AppError('SERVICE_ACCOUNT_NOT_FOUND', { message: `Service account ${id} not found` });
  return row;
}

/** What it may do, written out. */
const told = (row: ServiceAccountRow) => ({
  ...row,
  permissions: [...(row.permissions ?? permissionsOf(row.role))],
});

/** Its passports, and those of its keys, stand on what it is. */
function effect(type: string, before: ServiceAccountRow | undefined, after: ServiceAccountRow) {
  return {
    ...changeOf({ kind: 'serviceAccount', type, before: before && told(before), after: told(after) }),
    revokes: before ? [`membership:${after.id}` as const] : [],
  };
}

/** It stays when its maker goes, so nobody makes one that is stronger than themselves, or makes one so. */
async function checkStrength(call: Call, tx: Queryable, fields: ServiceAccountFields): Promise<void> {
  const problems = beyondRole(fields.role, fields.permissions);
  if (problems.length > 0) throw validationError(problems);
  checkCeiling(strengthOf(fields), await heldBy(call, apiKeyRepo(tx)));
}

async function checkQuota(tx: Queryable, organizationId: string): Promise<void> {
  const limit = ORGANIZATION_LIMITS.serviceAccounts;
  if ((await serviceAccountRepo(tx).countLocked(organizationId)) < limit) return;
  throw new AppError('QUOTA_EXCEEDED', {
    message: `The organization has its ${limit} service accounts`,
    details: { quota: 'serviceAccounts', limit },
  });
}

export function createServiceAccountService({ database, mutate, cursors, tenancy }: ServiceAccountDeps) {
  return {
    async create(call: Call, input: CreateServiceAccount): Promise<ServiceAccount> {
      const organizationId = organizationOf(call);
      const absent = await absentPlaces(tenancy, call, input);
      return mutate(call, async (tx) => {
        if (absent.length > 0) throw validationError(absent);
        const { name, role, description = null } = input;
        const { permissions = null, tenantIds = null, workspaceIds = null } = input;
        const fields = { name, description, role, permissions, tenantIds, workspaceIds };
        await checkStrength(call, tx, fields);
        await checkQuota(tx, organizationId);
        const id = newId('serviceAccount');
        const row = await serviceAccountRepo(tx).insert(organizationId, id, call.caller.email, fields);
        return effect('serviceAccount.created', undefined, row);
      });
    },

    async list(call: Call, { cursor, limit, ...filter }: ListServiceAccounts): Promise<Page<ServiceAccount>> {
      const organizationId = organizationOf(call);
      const query = ['serviceAccount.list', organizationId, filter];
      const page = await readPage(cursors, { query, cursor, limit }, (slice) =>
        serviceAccountRepo(database).list(organizationId, filter, slice),
      );
      return { ...page, data: page.data.map((row) => withEtag(told(row))) };
    },

    async get(call: Call, id: string): Promise<ServiceAccount> {
      const row = await serviceAccountRepo(database).find(organizationOf(call), id);
      return withEtag(told(aliveAccount(row, id)));
    },

    async update(
      call: Call,
      { serviceAccountId, ifMatch, ...changes }: UpdateServiceAccount,
    ): Promise<ServiceAccount> {
      const organizationId = organizationOf(call);
      const absent = await absentPlaces(tenancy, call, changes);
      return mutate(call, async (tx) => {
        const accounts = serviceAccountRepo(tx);
        const before = aliveAccount(await accounts.lock(organizationId, serviceAccountId), serviceAccountId);
        checkIfMatch(ifMatch, before.version);
        if (absent.length > 0) throw validationError(absent);
        const next = {
          name: changes.name ?? before.name,
          description: orElse(changes.description, before.description),
          role: changes.role ?? before.role,
          permissions: orElse(changes.permissions, before.permissions),
          tenantIds: orElse(changes.tenantIds, before.tenantIds),
          workspaceIds: orElse(changes.workspaceIds, before.workspaceIds),
          status: changes.status ?? before.status,
        };
        await checkStrength(call, tx, next);
        const after = await accounts.update(organizationId, serviceAccountId, next);
        return effect('serviceAccount.updated', before, aliveAccount(after, serviceAccountId));
      });
    },

    remove(call: Call, { serviceAccountId, ifMatch }: ChangeServiceAccount): Promise<ServiceAccount> {
      const organizationId = organizationOf(call);
      return mutate(call, async (tx) => {
        const accounts = serviceAccountRepo(tx);
        const before = aliveAccount(await accounts.lock(organizationId, serviceAccountId), serviceAccountId);
        checkIfMatch(ifMatch, before.version);
        await apiKeyRepo(tx).removeOf(serviceAccountId);
        const after = await accounts.remove(organizationId, serviceAccountId);
        return effect('serviceAccount.deleted', before, aliveAccount(after, serviceAccountId));
      });
    },
  };
}

export type ServiceAccountService = ReturnType<typeof createServiceAccountService>;
