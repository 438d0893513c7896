import {
  type Call,
  type CursorCodec,
  type FieldError,
  newId,
  type Page,
  validationError,
} from '@plinth/contracts';
import {
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
import { apiKeyRepo } from '../api-key/api-key.repo.ts';
import { checkCeiling } from '../api-key/ceiling.ts';
import { heldBy, strengthOf } from '../api-key/held.ts';
import { absentPlaces, beyondRole } from '../api-key/limits.ts';
import { orElse } from '../or-else.ts';
import { checkQuota } from '../quota.ts';
import type { Tenancy } from '../tenancy.ts';
import type { AccountClientService } from './account-client.service.ts';
import { aliveAccount } from './known-account.ts';
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
import { changeOfAccount, told } from './told.ts';

interface ServiceAccountDeps {
  database: Database;
  mutate: Mutate;
  cursors: CursorCodec;
  tenancy: Pick<Tenancy, 'missing'>;
  clients: Pick<AccountClientService, 'settleLater'>;
}

/** Its passports, and those of its keys, stand on what it is. */
function effect(type: string, before: ServiceAccountRow | undefined, after: ServiceAccountRow) {
  return {
    ...changeOfAccount(type, before, after),
    revokes: before ? [`membership:${after.id}` as const] : [],
  };
}

/** It stays when its maker goes, so nobody makes one that is stronger than themselves, or makes one so. */
async function checkStrength(
  call: Call,
  tx: Queryable,
  fields: ServiceAccountFields,
  absent: readonly FieldError[],
): Promise<void> {
  const problems = [...beyondRole(fields.role, fields.permissions), ...absent];
  if (problems.length > 0) throw validationError(problems);
  checkCeiling(strengthOf(fields), await heldBy(call, apiKeyRepo(tx)));
}

export function createServiceAccountService(deps: ServiceAccountDeps) {
  const { database, mutate, cursors, tenancy, clients } = deps;

  return {
    async create(call: Call, input: CreateServiceAccount): Promise<ServiceAccount> {
      const organizationId = organizationOf(call);
      const absent = await absentPlaces(tenancy, call, input);
      return mutate(call, async (tx) => {
        const { name, role, description = null } = input;
        const { permissions = null, tenantIds = null, workspaceIds = null } = input;
        const fields = { name, description, role, permissions, tenantIds, workspaceIds };
        await checkStrength(call, tx, fields, absent);
        await checkQuota(tx, 'serviceAccounts', organizationId);
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
        if (isEmpty(changes)) return unchanged('serviceAccount', told(before));
        const next = {
          name: changes.name ?? before.name,
          description: orElse(changes.description, before.description),
          role: changes.role ?? before.role,
          permissions: orElse(changes.permissions, before.permissions),
          tenantIds: orElse(changes.tenantIds, before.tenantIds),
          workspaceIds: orElse(changes.workspaceIds, before.workspaceIds),
          status: changes.status ?? before.status,
        };
        await checkStrength(call, tx, next, absent);
        const after = await accounts.update(organizationId, serviceAccountId, next);
        return effect('serviceAccount.updated', before, aliveAccount(after, serviceAccountId));
      });
    },

    async remove(call: Call, { serviceAccountId, ifMatch }: ChangeServiceAccount): Promise<ServiceAccount> {
      const organizationId = organizationOf(call);
      const answer = await mutate(call, async (tx) => {
        const accounts = serviceAccountRepo(tx);
        const before = aliveAccount(await accounts.lock(organizationId, serviceAccountId), serviceAccountId);
        checkIfMatch(ifMatch, before.version);
        await apiKeyRepo(tx).removeOf(serviceAccountId);
        const after = await accounts.remove(organizationId, serviceAccountId);
        return effect('serviceAccount.deleted', before, aliveAccount(after, serviceAccountId));
      });
      void clients.settleLater(serviceAccountId);
      return answer;
    },
  };
}

export type ServiceAccountService = ReturnType<typeof createServiceAccountService>;
