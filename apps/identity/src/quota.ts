import { AppError, ORGANIZATION_LIMITS } from '@plinth/contracts';
import type { Queryable } from '@plinth/database';

// How many of something an organization may have. Rows that are deleted do not count.

const COUNTED = {
  apiKeys: { table: 'api_key', text: 'API keys; delete those that have expired' },
  serviceAccounts: { table: 'service_account', text: 'service accounts' },
} as const;

/** One more can be made; that stays true until the transaction ends. */
export async function checkQuota(
  tx: Queryable,
  quota: keyof typeof COUNTED,
  organizationId: string,
): Promise<void> {
  const { table, text } = COUNTED[quota];
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${quota} of ${organizationId}`]);
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::int as count from ${table} where organization_id = $1 and deleted_at is null`,
    [organizationId],
  );
  const limit = ORGANIZATION_LIMITS[quota];
  if ((row?.count ?? 0) < limit) return;
  throw new AppError('QUOTA_EXCEEDED', {
    message: `The organization has its ${limit} ${text}`,
    details: { quota, limit },
  });
}
