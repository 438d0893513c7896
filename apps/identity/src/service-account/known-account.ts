import { AppError } from '@plinth/contracts';
import type { ServiceAccountRow } from './service-account.repo.ts';

/** An account as it is known by its id alone, also when it is gone. */
export interface KnownAccount extends ServiceAccountRow {
  organizationId: string;
  isDeleted: boolean;
}

type Problem = 'unknown' | 'deleted' | 'disabled' | 'no_client';

/** Why a token of its client opens nothing; nothing, when it does. */
export function problemOf(known: KnownAccount | undefined): Problem | undefined {
  if (!known) return 'unknown';
  if (known.isDeleted) return 'deleted';
  if (known.status !== 'active') return 'disabled';
  return known.clientId === null ? 'no_client' : undefined;
}

export function aliveAccount<Row extends ServiceAccountRow>(row: Row | undefined, id: string): Row {
  if (!row) throw new AppError('SERVICE_ACCOUNT_NOT_FOUND', { message: `Service account ${id} not found` });
  return row;
}
