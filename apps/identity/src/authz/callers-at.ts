import { AppError, type Call, type Caller, ID_PREFIXES, type Scope } from '@plinth/contracts';
import { type Database, organizationOf } from '@plinth/database';
import { authorize, checkReach, checkScope, isReached, namesNoPlace } from '@plinth/service';
import { apiKeyRepo, ownerKindOf } from '../api-key/api-key.repo.ts';
import { callerOf, keyCallerOf, placeSettingOf } from '../passport/caller.ts';
import { keyScopeOf } from '../passport/key-exchange.ts';
import type { StandingOf } from '../passport/key-owner.ts';
import type { Tenancy } from '../tenancy.ts';
import type { Where } from './operation.ts';

// What somebody would be in a request about a place: the passport that they would have there, without making one.

export interface CallersAtDeps {
  database: Database;
  tenancy: Pick<Tenancy, 'resolve' | 'locate'>;
  standingOf: StandingOf;
}

function absent({ tenantId, workspaceId }: Where): AppError {
  if (workspaceId !== undefined) return new AppError('WORKSPACE_NOT_FOUND');
  return new AppError(tenantId === undefined ? 'ORGANIZATION_NOT_FOUND' : 'TENANT_NOT_FOUND');
}

const isNowhere = (where: Where): boolean => namesNoPlace(where) && where.organizationId === undefined;

const scopeOf = ({ organizationId, tenantId, workspaceId }: Where): Scope => ({
  ...(organizationId !== undefined && { organizationId }),
  ...(tenantId !== undefined && { tenantId }),
  ...(workspaceId !== undefined && { workspaceId }),
});

/** A place that the kit would not let this caller name, or its service not let it find. */
function checkPlace(caller: Caller, { tenantId, workspaceId }: Where): void {
  checkScope(caller, { tenantId, workspaceId });
  checkReach({ permission: 'signedIn', reach: 'filtered' }, caller, { tenantId, workspaceId });
}

function checkFound(caller: Caller, where: Where, foundTenantId: string | undefined): void {
  if (namesNoPlace(where)) return;
  const { workspaceId } = where;
  if (!isReached(caller, { tenantId: foundTenantId, workspaceId })) throw absent(where);
}

export function createCallersAt({ database, tenancy, standingOf }: CallersAtDeps) {
  const resolve = (call: Call, userId: string, scope: Scope) =>
    tenancy.resolve(call, { userId, emailVerified: false, scope });

  /** A member may have another role there. */
  async function callerAt(call: Call, where: Where): Promise<Caller> {
    const { caller } = call;
    checkPlace(caller, where);
    if (isNowhere(where)) return caller;
    const scope = scopeOf({ ...where, tenantId: where.tenantId ?? caller.tenantId });
    if (caller.kind === 'member') {
      const { id, kind, email } = caller;
      const access = await resolve(call, id, scope);
      if (access.outcome !== 'granted') throw absent(where);
      return callerOf({ id, kind, email, emailVerified: false }, access);
    }
    const place = await tenancy.locate(call, { organizationId: caller.organizationId ?? '', scope });
    if (!place) throw absent(where);
    checkFound(caller, where, place.tenant?.id);
    return { ...caller, ...placeSettingOf(place) };
  }

  async function memberAt(call: Call, id: string, where: Where): Promise<Caller> {
    const organizationId = organizationOf(call);
    const access = await resolve(call, id, scopeOf({ ...where, organizationId }));
    if (access.outcome === 'granted')
      return callerOf({ id, kind: 'member', email: undefined, emailVerified: false }, access);
    const { outcome } = await resolve(call, id, { organizationId });
    throw outcome === 'granted' ? absent(where) : new AppError('USER_NOT_FOUND');
  }

  async function keyAt(call: Call, id: string, where: Where): Promise<Caller> {
    const organizationId = organizationOf(call);
    const row = await apiKeyRepo(database).find(organizationId, id);
    if (!row || row.status === 'deleted') throw new AppError('API_KEY_NOT_FOUND');
    const key = { ...row, organizationId, owner: ownerKindOf(row.ownerId) };
    const standing = await standingOf(call, key, keyScopeOf(key, scopeOf(where)));
    const worksNot = row.status !== 'active' && row.status !== 'rotating';
    if (worksNot || standing.outcome === 'gone') {
      const status = worksNot ? row.status : 'owner gone';
      throw new AppError('INVALID_STATE', {
        message: `This key opens nothing now: ${status}`,
        details: { status, allowed: ['active', 'rotating'] },
      });
    }
    if (standing.outcome === 'notFound') throw absent(where);
    const caller = keyCallerOf(key, standing.owner);
    checkPlace(caller, where);
    checkFound(caller, where, standing.owner.tenant?.id);
    return caller;
  }

  /** Somebody else of the same organization: who may see the members or the keys may see what they can do. */
  async function principalAt(call: Call, id: string, where: Where): Promise<Caller> {
    const isKey = id.startsWith(`${ID_PREFIXES.apiKey}_`);
    authorize({ permission: isKey ? 'keys:read' : 'members:read' }, call.caller, {});
    checkPlace(call.caller, where);
    if (where.organizationId !== undefined && where.organizationId !== call.caller.organizationId)
      throw absent(where);
    return isKey ? keyAt(call, id, where) : memberAt(call, id, where);
  }

  return { callerAt, principalAt };
}
