import { type Call, type Caller, planOf } from '@plinth/contracts';
import { type Place, roleName, standingOf } from '../placement/place.ts';
import type { RequestContext } from '../query/context.ts';
import type { Preferences } from '../request/ast.ts';

// What the database is told of a caller: the role that it becomes, and the claims that policies ask for.

const LOCK_TIMEOUT_MS = 2_000;
const DEFAULT_TIMEOUT_MS = 2_000;

/** Of an end user what its token says; of everybody else what the platform knows. */
function claimsOf(caller: Caller): object {
  const { kind, id, email, role, ownerId, claims = {} } = caller;
  const standing = standingOf(caller);
  if (standing === 'user') return { ...claims, role: standing };
  return {
    sub: id,
    kind,
    role: standing,
    ...(email !== undefined && { email }),
    ...(role !== undefined && { plinth_role: role }),
    ...(ownerId !== undefined && { owner: ownerId }),
  };
}

export interface Told {
  method: string;
  path: string;
  isReadOnly: boolean;
  isolation: Preferences['isolation'];
}

export function contextOf({ caller, correlationId }: Call, place: Place, told: Told): RequestContext {
  return {
    role: roleName(place, standingOf(caller)),
    claims: JSON.stringify(claimsOf(caller)),
    statementTimeoutMs: caller.plan ? planOf(caller.plan).statementTimeoutMs : DEFAULT_TIMEOUT_MS,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    correlationId,
    ...told,
  };
}
