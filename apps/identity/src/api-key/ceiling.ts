import { AppError, type Caller, type Permission } from '@plinth/contracts';
import { whoHolds } from '@plinth/service';
import { networksBeyond } from './networks.ts';

// Nobody gives away more than they hold: not more rights, not more places, not for longer, not to more networks. Whoever
// makes or changes a key is held against what the key can do afterwards.

export interface Strength {
  permissions: readonly Permission[];
  /** Of each, null: no limit. */
  reach: Required<Caller>['reach'] | null;
  expiresAt: string | null;
  allowedCidrs: readonly string[] | null;
}

type Beyond = Partial<Record<'permissions' | 'tenantIds' | 'workspaceIds' | 'allowedCidrs', string[]>> & {
  reach?: 'all';
  expiresAt?: string;
};

const without = (wanted: readonly string[] = [], held: readonly string[] = []): string[] =>
  wanted.filter((one) => !held.includes(one));

function reachBeyond(wanted: Strength['reach'], held: Strength['reach']): Beyond {
  if (!held) return {};
  if (!wanted) return { reach: 'all' };
  return {
    tenantIds: without(wanted.tenantIds, held.tenantIds),
    workspaceIds: without(wanted.workspaceIds, held.workspaceIds),
  };
}

function networksOf(wanted: Strength['allowedCidrs'], held: Strength['allowedCidrs']): Beyond {
  return held === null
    ? {}
    : { allowedCidrs: wanted === null ? ['0.0.0.0/0', '::/0'] : networksBeyond(wanted, held) };
}

function timeBeyond(wanted: string | null, held: string | null): Beyond {
  if (held === null || (wanted !== null && Date.parse(wanted) <= Date.parse(held))) return {};
  return { expiresAt: held };
}

/** What of the wanted is not held; nothing when all of it is. */
export function beyond(wanted: Strength, held: Strength): Beyond {
  const all: Beyond = {
    permissions: without(wanted.permissions, held.permissions),
    ...reachBeyond(wanted.reach, held.reach),
    ...networksOf(wanted.allowedCidrs, held.allowedCidrs),
    ...timeBeyond(wanted.expiresAt, held.expiresAt),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value.length > 0));
}

export function checkCeiling(wanted: Strength, held: Strength): void {
  const excess = beyond(wanted, held);
  const names = Object.keys(excess);
  if (names.length === 0) return;
  throw new AppError('PERMISSION_CEILING', {
    message: `It would be able to do more than its maker: see ${names.join(', ')}`,
    details: {
      beyond: excess,
      held: held.permissions,
      whoCanGrant: whoHolds('keys:write', ...wanted.permissions),
      advice: 'do it in your place, or give you a role that has the rest',
    },
  });
}

/** A credential that is narrowed to one place holds no more than that place. */
export function reachOf({ reach, tenantId, workspaceId }: Caller): Strength['reach'] {
  if (reach) return reach;
  if (workspaceId !== undefined) return { workspaceIds: [workspaceId] };
  return tenantId === undefined ? null : { tenantIds: [tenantId] };
}
