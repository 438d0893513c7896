import { AppError, type Caller } from '@plinth/contracts';
import type { AccessRules } from './meta.ts';

// A credential may be limited to some tenants and workspaces of its organization. Nothing else exists for it, not even the
// tenant that holds one of its workspaces. A procedure that names no place concerns the whole organization, so it is refused
// unless it says that it filters by itself: what nobody thought of is closed.

export interface Place {
  readonly tenantId?: string | undefined;
  readonly workspaceId?: string | undefined;
}

/** Whether the place lies within what the caller's credential is limited to. Services ask it of what they have found. */
export function isReached({ reach }: Pick<Caller, 'reach'>, { tenantId, workspaceId }: Place): boolean {
  if (!reach) return true;
  const has = (ids: readonly string[] | undefined, id: string | undefined) =>
    id !== undefined && ids?.includes(id) === true;
  return has(reach.tenantIds, tenantId) || has(reach.workspaceIds, workspaceId);
}

/** Every id that the caller reaches, for a query's `any`; nothing where it is not limited. */
export const reachedIds = ({ reach }: Caller): string[] | undefined =>
  reach && [...(reach.tenantIds ?? []), ...(reach.workspaceIds ?? [])];

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What an input says of where it acts. */
export function placeIn(input: unknown): Place {
  if (input === null || typeof input !== 'object') return {};
  const { tenantId, workspaceId }: { tenantId?: unknown; workspaceId?: unknown } = input;
  return { tenantId: textOf(tenantId), workspaceId: textOf(workspaceId) };
}

export const namesNoPlace = ({ tenantId, workspaceId }: Place): boolean =>
  tenantId === undefined && workspaceId === undefined;

/** An id beyond the reach is as absent as one that never was. */
export function checkReach(meta: AccessRules, caller: Caller, input: unknown): void {
  if (!caller.reach) return;
  const { tenantId, workspaceId } = placeIn(input);
  if (tenantId !== undefined && !isReached(caller, { tenantId })) throw new AppError('TENANT_NOT_FOUND');
  if (workspaceId === undefined || isReached(caller, { workspaceId })) return;
  // Only the passport of this very workspace says which tenant holds it; else its service has to find out.
  const isOwn = caller.workspaceId === workspaceId;
  const mayBeHeld = isOwn ? isReached(caller, { tenantId: caller.tenantId }) : holdsTenants(caller);
  if (!mayBeHeld || (!isOwn && meta.reach !== 'filtered')) throw new AppError('WORKSPACE_NOT_FOUND');
}

const holdsTenants = ({ reach }: Caller): boolean => (reach?.tenantIds ?? []).length > 0;
