import {
  AppError,
  type Call,
  type Caller,
  KEY_ROLES,
  keyRolesWith,
  MEMBER_ROLES,
  roleNamed,
  rolesWith,
  validationError,
} from '@plinth/contracts';
import { namesNoPlace, type Place, refusalsOf } from '@plinth/service';
import type { Explain, Explanation } from './authz.schema.ts';
import { type CallersAtDeps, createCallersAt } from './callers-at.ts';
import { findRoute, type Operation, type Where } from './operation.ts';
import { OPERATIONS } from './operations.ts';

// Whether somebody may do something, by the very engine that will judge the request: the caller is put where the request
// would put it, and asked about there.

interface Named {
  name: string;
  operation: Operation;
  place: Where;
}

function nameOf({ operation: asked, tenantId, workspaceId }: Explain): Named {
  const found = typeof asked === 'string' ? { name: asked, place: {} } : findRoute(OPERATIONS, asked);
  const operation = found && Object.hasOwn(OPERATIONS, found.name) ? OPERATIONS[found.name] : undefined;
  if (!found || !operation) {
    const message = 'is not an operation; the document lists them all';
    throw validationError([{ path: 'operation', code: 'unknown_operation', message }]);
  }
  const { place } = found;
  return {
    name: found.name,
    operation,
    place: {
      organizationId: place.organizationId,
      tenantId: tenantId ?? place.tenantId,
      workspaceId: workspaceId ?? place.workspaceId,
    },
  };
}

export function createAuthzService(deps: CallersAtDeps) {
  const { callerAt, principalAt } = createCallersAt(deps);

  return {
    async explain(call: Call, input: Explain): Promise<Explanation> {
      const { name, operation, place } = nameOf(input);
      const { principalId = call.caller.id } = input;
      const isOwn = principalId === call.caller.id;
      const caller = isOwn ? await callerAt(call, place) : await principalAt(call, principalId, place);
      return explanationOf(name, operation, caller, refusalsIn(operation, caller, place));
    },
  };
}

/** Where an operation can name a place and none was asked about, nothing is said of the caller's reach. */
function refusalsIn(operation: Operation, caller: Caller, place: Place): AppError[] {
  const isOpen = operation.takes.length > 0 && namesNoPlace(place);
  const { reach: _, ...unlimited } = caller;
  return refusalsOf(operation, isOpen ? unlimited : caller, place);
}

const textIn = (error: AppError | undefined, field: string): string | null => {
  const value = error?.details?.[field];
  return typeof value === 'string' ? value : null;
};

function explanationOf(
  name: string,
  operation: Operation,
  { id, kind, role, permissions }: Caller,
  refusals: readonly AppError[],
): Explanation {
  if (kind === 'anonymous') throw new AppError('UNAUTHENTICATED');
  const { permission, capability, routes } = operation;
  const needed = permission === 'anonymous' || permission === 'signedIn' ? undefined : permission;
  const grantor = (error: AppError | undefined) => ({
    whoCanGrant: textIn(error, 'whoCanGrant'),
    advice: textIn(error, 'advice'),
  });
  return {
    allowed: refusals.length === 0,
    principalId: id,
    operation: name,
    routes: [...routes],
    permission,
    missing: needed !== undefined && !permissions.includes(needed) ? needed : null,
    capability: capability ?? null,
    held: permissions,
    heldBy: { kind, role: roleNamed(role) ?? null },
    reasons: refusals.map((error) => ({ code: error.code, message: error.message, ...grantor(error) })),
    ...grantor(refusals[0]),
    rolesWithIt: needed === undefined ? [...MEMBER_ROLES] : rolesWith(needed),
    keyRolesWithIt: needed === undefined ? [...KEY_ROLES] : keyRolesWith(needed),
  };
}

export type AuthzService = ReturnType<typeof createAuthzService>;
