import { AppError, type Call, type Caller, ID_PREFIXES, type Scope } from '@plinth/contracts';
import { type Database, organizationOf } from '@plinth/database';
import { authorize, checkReach, checkScope, isReached, namesNoPlace } from '@plinth/service';
import { apiKeyRepo, ownerKindOf } from '../api-key/api-key.repo.ts';
import { accountCallerOf, callerOf, keyCallerOf, type Owner, placeSettingOf } from '../passport/caller.ts';
import type { AccountStanding, Standing, StandingOf } from '../passport/key-owner.ts';
import { scopeWithin } from '../passport/stand-at.ts';
import { aliveAccount } from '../service-account/known-account.ts';
import { serviceAccountRepo } from '../service-account/service-account.repo.ts';
import type { Tenancy } from '../tenancy.ts';
import type { Where } from './operation.ts';

// What somebody would be in a request about a place: the passport that they would have there, without making one.

export interface CallersAtDeps {
  database: Database;
  tenancy: Pick<Tenancy, 'resolve' | 'locate'>;
  standingOf: StandingOf;
  standingOfAccount: AccountStanding;
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

function opensNothing(what: string, status: string, allowed: readonly string[]): AppError {
  const message = `This ${what} opens nothing now: ${status}`;
  return new AppError('INVALID_STATE', { message, details: { status, allowed } });
}

export function createCallersAt({ database, tenancy, standingOf, standingOfAccount }: CallersAtDeps) {
  const resolve = (call: Call, userId: string, scope: Scope) =>
    tenancy.resolve(call, { userId, emailVerified: false, scope });

  /** A member may have another role there. */
  async function callerAt(call: Call, where: Where): Promise<Caller> {
    const { caller } = call;
    checkPlace(caller, where);
    if (isNowhere(where)) return caller;
    const scope = scopeOf({ ...where, tenantId: where.tenantId ?? caller.tenantId });
    if (caller.kind === 'member') {
      const { id, email } = caller;
      const access = await resolve(call, id, scope);
      if (access.outcome !== 'granted') throw absent(where);
      return callerOf({ id, email, emailVerified: false }, access);
    }
    const place = await tenancy.locate(call, { organizationId: caller.organizationId ?? '', scope });
    if (!place) throw absent(where);
    checkFound(caller, where, place.tenant?.id);
    return { ...caller, ...placeSettingOf(place) };
  }

  async function memberAt(call: Call, id: string, where: Where): Promise<Caller> {
    const organizationId = organizationOf(call);
    const access = await resolve(call, id, scopeOf({ ...where, organizationId }));
    if (access.outcome === 'granted') return callerOf({ id, email: undefined, emailVerified: false }, access);
    const { outcome } = await resolve(call, id, { organizationId });
    throw outcome === 'granted' ? absent(where) : new AppError('USER_NOT_FOUND');
  }

  /** As its passport there would be. */
  function within(where: Where, standing: Standing, callerBy: (owner: Owner) => Caller): Caller {
    if (standing.outcome !== 'granted') throw absent(where);
    const caller = callerBy(standing.owner);
    checkPlace(caller, where);
    checkFound(caller, where, standing.owner.tenant?.id);
    return caller;
  }

  async function keyAt(call: Call, id: string, where: Where): Promise<Caller> {
    const organizationId = organizationOf(call);
    const row = await apiKeyRepo(database).find(organizationId, id);
    if (!row || row.status === 'deleted') throw new AppError('API_KEY_NOT_FOUND');
    const key = { ...row, organizationId, owner: ownerKindOf(row.ownerId) };
    const standing = await standingOf(call, key, scopeWithin(key, scopeOf(where)));
    const worksNot = row.status !== 'active' && row.status !== 'rotating';
    if (worksNot || standing.outcome === 'gone') {
      throw opensNothing('key', worksNot ? row.status : 'owner gone', ['active', 'rotating']);
    }
    return within(where, standing, (owner) => keyCallerOf(key, owner));
  }

  async function accountAt(call: Call, id: string, where: Where): Promise<Caller> {
    const organizationId = organizationOf(call);
    const row = aliveAccount(await serviceAccountRepo(database).find(organizationId, id), id);
    if (row.status !== 'active') throw opensNothing('service account', row.status, ['active']);
    const account = { ...row, organizationId };
    const standing = await standingOfAccount(call, account, scopeWithin(account, scopeOf(where)));
    return within(where, standing, (owner) => accountCallerOf(id, owner));
  }

  const kinds = [
    { prefix: ID_PREFIXES.apiKey, permission: 'keys:read', at: keyAt },
    { prefix: ID_PREFIXES.serviceAccount, permission: 'serviceAccounts:read', at: accountAt },
    { prefix: ID_PREFIXES.user, permission: 'members:read', at: memberAt },
  ] as const;

  /** Somebody else of the same organization: who may see them may see what they can do. */
  async function principalAt(call: Call, id: string, where: Where): Promise<Caller> {
    const kind = kinds.find(({ prefix }) => id.startsWith(`${prefix}_`));
    if (!kind) throw new AppError('USER_NOT_FOUND');
    authorize({ permission: kind.permission }, call.caller, {});
    checkPlace(call.caller, where);
    if (where.organizationId !== undefined && where.organizationId !== call.caller.organizationId)
      throw absent(where);
    return kind.at(call, id, where);
  }

  return { callerAt, principalAt };
}
