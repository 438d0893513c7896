import type { ApiKeyOwner, ApiKeyStage, KeyRole, Permission } from '@plinth/contracts';
import type { Queryable } from '@plinth/database';
import { ownerKindOf } from './api-key.repo.ts';
import type { PepperedHash } from './pepper.ts';

/** A key as it is known by one of its secrets. Instants are seconds since the epoch. */
export interface KnownKey extends PepperedHash {
  id: string;
  /** Of the secret that it is known by. */
  publicId: string;
  organizationId: string;
  ownerId: string;
  owner: ApiKeyOwner;
  role: KeyRole;
  permissions: Permission[] | null;
  tenantIds: string[] | null;
  workspaceIds: string[] | null;
  allowedCidrs: string[] | null;
  stage: ApiKeyStage;
  notBefore: number | null;
  expiresAt: number | null;
  secretEndsAt: number | null;
  isLeaked: boolean;
  isDeleted: boolean;
  /** The last revocation at that moment. */
  sequence: number;
}

const seconds = (column: string): string => `extract(epoch from ${column})::float8`;

export function knownKeyRepo(db: Queryable) {
  /** One statement, and so one moment: what is revoked after it has a higher number. */
  async function findAll(publicIds: readonly string[]): Promise<KnownKey[]> {
    const rows = await db.query<Omit<KnownKey, 'owner'>>(
      `select k.id, s.public_id as "publicId", k.organization_id as "organizationId", k.owner_id as "ownerId", k.role,
         k.permissions, k.tenant_ids as "tenantIds", k.workspace_ids as "workspaceIds", k.allowed_cidrs as "allowedCidrs",
         s.stage, s.hash, s.pepper_version as "pepperVersion", ${seconds('k.not_before')} as "notBefore",
         ${seconds('k.expires_at')} as "expiresAt", ${seconds('s.valid_until')} as "secretEndsAt",
         k.leaked_at is not null as "isLeaked", k.deleted_at is not null as "isDeleted",
         (select last from revocation_sequence) as sequence
       from api_key_secret s join api_key k on k.id = s.key_id where s.public_id = any($1)`,
      [publicIds],
    );
    return rows.map((row) => ({ ...row, owner: ownerKindOf(row.ownerId) }));
  }

  return {
    findAll,

    async find(publicId: string): Promise<KnownKey | undefined> {
      const [known] = await findAll([publicId]);
      return known;
    },

    async rehash(publicId: string, { hash, pepperVersion }: PepperedHash): Promise<void> {
      await db.query('update api_key_secret set hash = $2, pepper_version = $3 where public_id = $1', [
        publicId,
        hash,
        pepperVersion,
      ]);
    },
  };
}
