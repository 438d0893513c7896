import type { HEADERS as Shared, NEWEST_VERSION } from '@plinth/contracts';

// Only types come from contracts, whose code needs Node: the compiler holds these copies to the originals.

export const HEADERS: Pick<
  typeof Shared,
  'apiVersion' | 'correlationId' | 'idempotencyKey' | 'organizationId' | 'workspaceId'
> = {
  apiVersion: 'x-api-version',
  correlationId: 'x-correlation-id',
  idempotencyKey: 'idempotency-key',
  organizationId: 'x-organization-id',
  workspaceId: 'x-workspace-id',
};

/** The version whose types these are. */
export const API_VERSION: typeof NEWEST_VERSION = '2026-11-01';
