import { AppError, type Call, permissionsOf } from '@plinth/contracts';
import type { ApiKeyRow, apiKeyRepo } from './api-key.repo.ts';
import { reachOf, type Strength } from './ceiling.ts';

/** What a row gives to whoever holds it: of a key, or of a service account, which has neither an end nor networks. */
export const strengthOf = (
  row: Pick<ApiKeyRow, 'role'> &
    Partial<Pick<ApiKeyRow, 'permissions' | 'tenantIds' | 'workspaceIds' | 'expiresAt' | 'allowedCidrs'>>,
): Strength => ({
  permissions: row.permissions ?? permissionsOf(row.role),
  reach:
    row.tenantIds || row.workspaceIds
      ? { tenantIds: row.tenantIds ?? [], workspaceIds: row.workspaceIds ?? [] }
      : null,
  expiresAt: row.expiresAt ?? null,
  allowedCidrs: row.allowedCidrs ?? null,
});

/** A key tells its rights in its passport, and only here until when and from where it works. */
export async function heldBy({ caller }: Call, keys: ReturnType<typeof apiKeyRepo>): Promise<Strength> {
  const { kind, id, organizationId = '', permissions } = caller;
  const own = kind === 'apiKey' ? await keys.find(organizationId, id) : undefined;
  if (kind === 'apiKey' && (!own || own.status === 'deleted')) throw new AppError('TOKEN_REVOKED');
  const { expiresAt = null, allowedCidrs = null } = own ?? {};
  return { permissions, reach: reachOf(caller), expiresAt, allowedCidrs };
}
