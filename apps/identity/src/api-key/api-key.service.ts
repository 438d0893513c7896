import { createHash, randomBytes } from 'node:crypto';
import {
  type ApiKeyStage,
  AppError,
  type Call,
  type CursorCodec,
  type FieldError,
  newApiKeyParts,
  newId,
  type Page,
  permissionsOf,
  Secret,
  validationError,
  writeApiKey,
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
import { orElse } from '../or-else.ts';
import { checkQuota } from '../quota.ts';
import { aliveAccount } from '../service-account/known-account.ts';
import { serviceAccountRepo } from '../service-account/service-account.repo.ts';
import type { Tenancy } from '../tenancy.ts';
import { type ApiKeyRow, apiKeyRepo, ownerKindOf } from './api-key.repo.ts';
import type {
  ApiKey,
  ChangeApiKey,
  CreateApiKey,
  ListApiKeys,
  NewApiKey,
  RotateApiKey,
  UpdateApiKey,
} from './api-key.schema.ts';
import { checkCeiling } from './ceiling.ts';
import { checkNotBefore, expiryOf, requiredExpiryOf } from './expiry.ts';
import { absentPlaces, beyondRole } from './limits.ts';
import { heldBy, strengthOf } from './held.ts';
import type { Pepper } from './pepper.ts';

interface ApiKeyDeps {
  database: Database;
  mutate: Mutate;
  cursors: CursorCodec;
  tenancy: Pick<Tenancy, 'missing'>;
  pepper: Pepper;
  stage: ApiKeyStage;
}

const NEVER_EXPIRES = {
  code: 'NEVER_EXPIRES',
  message: 'This key works until somebody deletes it. Give it an end, and rotate it before.',
} as const;

/** What it may do, written out. */
export const told = (row: ApiKeyRow) => ({
  ...row,
  permissions: [...(row.permissions ?? permissionsOf(row.role))],
  warnings: row.expiresAt === null ? [NEVER_EXPIRES] : [],
});

function found(row: ApiKeyRow | undefined, id: string): ApiKeyRow {
  if (!row || row.status === 'deleted')
    throw new AppError('API_KEY_NOT_FOUND', { message: `API key ${id} not found` });
  return row;
}

/** Whose rights are the ceiling of what the caller makes: a key's keys belong to its owner. */
const ownerOf = ({ caller }: Call): string => caller.ownerId ?? caller.id;

/** Whoever rotates a member's key knows its secret from then on, and would still know it when its own rights are gone. */
function checkIsOwn(call: Call, { ownerId }: ApiKeyRow): void {
  if (ownerOf(call) === ownerId || ownerKindOf(ownerId) === 'serviceAccount') return;
  throw new AppError('PERMISSION_CEILING', {
    message:
      'Only its owner can rotate a key, for the new secret acts as its owner; delete it, and make one of your own',
    details: { ownerId, whoCanGrant: 'its owner', advice: 'rotate it' },
  });
}

/** What was seen where it should not be is not made to work again. */
function usable(row: ApiKeyRow): ApiKeyRow {
  if (row.status !== 'leaked') return row;
  throw new AppError('INVALID_STATE', {
    message: 'The key has leaked; delete it, and make another',
    details: { status: row.status },
  });
}

function effect(type: string, before: ApiKeyRow | undefined, after: ApiKeyRow) {
  return {
    ...changeOf({
      kind: 'apiKey',
      type,
      before: before && told(before),
      after: told(after),
    }),
    revokes: before ? [`key:${after.id}` as const] : [],
  };
}

function refuse(problems: readonly FieldError[]): void {
  if (problems.length > 0) throw validationError(problems);
}

export function createApiKeyService(deps: ApiKeyDeps) {
  const { database, mutate, cursors, tenancy, pepper, stage } = deps;

  /** What is shown once, and what is kept of it. */
  function newSecret(ownerId: string) {
    const parts = { owner: ownerKindOf(ownerId), stage, ...newApiKeyParts(randomBytes) };
    const digest = createHash('sha256').update(parts.secret).digest('base64url');
    return {
      key: new Secret(writeApiKey(parts)),
      kept: { publicId: parts.id, stage, ...pepper.hash(digest) },
    };
  }

  return {
    async create(call: Call, input: CreateApiKey): Promise<NewApiKey> {
      const organizationId = organizationOf(call);
      const { serviceAccountId } = input;
      const problems = [
        ...beyondRole(input.role, input.permissions),
        ...(await absentPlaces(tenancy, call, input)),
      ];
      return mutate(call, async (tx) => {
        refuse(problems);
        if (serviceAccountId !== undefined)
          aliveAccount(await serviceAccountRepo(tx).find(organizationId, serviceAccountId), serviceAccountId);
        const { permissions = null, tenantIds = null, workspaceIds = null, allowedCidrs = null } = input;
        const { name, role, notBefore = null } = input;
        const expiresAt = requiredExpiryOf(input, Date.now());
        checkNotBefore(notBefore, expiresAt);
        const fields = {
          name,
          role,
          permissions,
          tenantIds,
          workspaceIds,
          allowedCidrs,
          notBefore,
          expiresAt,
        };
        const keys = apiKeyRepo(tx);
        checkCeiling(strengthOf(fields), await heldBy(call, keys));
        await checkQuota(tx, 'apiKeys', organizationId);
        const id = newId('apiKey');
        const ownerId = serviceAccountId ?? ownerOf(call);
        await keys.insert(organizationId, { ...fields, id, ownerId, email: call.caller.email });
        const { key, kept } = newSecret(ownerId);
        await keys.addSecret(id, kept);
        const created = effect('apiKey.created', undefined, found(await keys.find(organizationId, id), id));
        return { ...created, result: { ...created.result, key } };
      });
    },

    async list(call: Call, { cursor, limit, ...filter }: ListApiKeys): Promise<Page<ApiKey>> {
      const organizationId = organizationOf(call);
      const query = ['apiKey.list', organizationId, filter];
      const page = await readPage(cursors, { query, cursor, limit }, (slice) =>
        apiKeyRepo(database).list(organizationId, filter, slice),
      );
      return { ...page, data: page.data.map((row) => withEtag(told(row))) };
    },

    async get(call: Call, id: string): Promise<ApiKey> {
      return withEtag(told(found(await apiKeyRepo(database).find(organizationOf(call), id), id)));
    },

    async update(call: Call, { keyId, ifMatch, ...changes }: UpdateApiKey): Promise<ApiKey> {
      const organizationId = organizationOf(call);
      const absent = await absentPlaces(tenancy, call, changes);
      return mutate(call, async (tx) => {
        const keys = apiKeyRepo(tx);
        const before = usable(found(await keys.lock(organizationId, keyId), keyId));
        checkIfMatch(ifMatch, before.version);
        if (isEmpty(changes)) return unchanged('apiKey', told(before));
        refuse([...beyondRole(before.role, changes.permissions), ...absent]);
        const next = {
          ...before,
          name: changes.name ?? before.name,
          permissions: orElse(changes.permissions, before.permissions),
          tenantIds: orElse(changes.tenantIds, before.tenantIds),
          workspaceIds: orElse(changes.workspaceIds, before.workspaceIds),
          allowedCidrs: orElse(changes.allowedCidrs, before.allowedCidrs),
          notBefore: orElse(changes.notBefore, before.notBefore),
          expiresAt: orElse(expiryOf(changes, Date.now()), before.expiresAt),
        };
        checkNotBefore(next.notBefore, next.expiresAt);
        checkCeiling(strengthOf(next), await heldBy(call, keys));
        const after = found(await keys.update(organizationId, keyId, next), keyId);
        return effect('apiKey.updated', before, after);
      });
    },

    rotate(call: Call, { keyId, ifMatch, overlapSeconds }: RotateApiKey): Promise<NewApiKey> {
      const organizationId = organizationOf(call);
      return mutate(call, async (tx) => {
        const keys = apiKeyRepo(tx);
        const before = usable(found(await keys.lock(organizationId, keyId), keyId));
        checkIfMatch(ifMatch, before.version);
        checkIsOwn(call, before);
        checkCeiling(strengthOf(before), await heldBy(call, keys));
        const { key, kept } = newSecret(before.ownerId);
        await keys.addSecret(keyId, kept, overlapSeconds);
        const after = found(await keys.touch(organizationId, keyId), keyId);
        const rotated = effect('apiKey.rotated', before, after);
        return { ...rotated, result: { ...rotated.result, key } };
      });
    },

    remove(call: Call, { keyId, ifMatch }: ChangeApiKey): Promise<ApiKey> {
      const organizationId = organizationOf(call);
      return mutate(call, async (tx) => {
        const keys = apiKeyRepo(tx);
        const before = found(await keys.lock(organizationId, keyId), keyId);
        checkIfMatch(ifMatch, before.version);
        const after = await keys.touch(organizationId, keyId, { isDeleted: true });
        return effect('apiKey.deleted', before, after ?? before);
      });
    },
  };
}

export type ApiKeyService = ReturnType<typeof createApiKeyService>;
