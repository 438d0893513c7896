import { type Call, permissionsOf, type Scope } from '@plinth/contracts';
import type { KnownKey } from '../api-key/known-key.repo.ts';
import type { ServiceAccountRow } from '../service-account/service-account.repo.ts';
import type { Tenancy } from '../tenancy.ts';
import { type Owner, reachOfRow } from './caller.ts';

// Where the owner of a key stands: a member by its place in the organization, a service account by what it was given.

type OwnedKey = Pick<KnownKey, 'organizationId' | 'ownerId' | 'owner'>;

export type Standing =
  | { outcome: 'granted'; owner: Owner }
  | { outcome: 'notFound'; kind: 'organization' | 'tenant' | 'workspace' }
  /** The member has left, or the service account is disabled or gone: nothing of it opens anything. */
  | { outcome: 'gone' };

type Account = Pick<ServiceAccountRow, 'status' | 'role' | 'permissions' | 'tenantIds' | 'workspaceIds'>;

/** By what it was given, whichever credential it comes with. */
export function createAccountStanding(tenancy: Pick<Tenancy, 'locate'>) {
  return async (
    call: Call,
    account: Account & { organizationId: string },
    scope: Scope,
  ): Promise<Standing> => {
    if (account.status !== 'active') return { outcome: 'gone' };
    const { organizationId, role } = account;
    const place = await tenancy.locate(call, { organizationId, scope });
    if (!place)
      return { outcome: 'notFound', kind: scope.workspaceId === undefined ? 'tenant' : 'workspace' };
    const permissions = account.permissions ?? permissionsOf(role);
    return {
      outcome: 'granted',
      owner: { organizationId, role, permissions, reach: reachOfRow(account), ...place },
    };
  };
}

export type AccountStanding = ReturnType<typeof createAccountStanding>;

interface Means {
  tenancy: Pick<Tenancy, 'resolve'>;
  accountOf(organizationId: string, id: string): Promise<ServiceAccountRow | undefined>;
  standingOfAccount: AccountStanding;
}

export function createStandingOf({ tenancy, accountOf, standingOfAccount }: Means) {
  async function ofMember(
    call: Call,
    { organizationId, ownerId: userId }: OwnedKey,
    scope: Scope,
  ): Promise<Standing> {
    const resolve = (at: Scope) => tenancy.resolve(call, { userId, emailVerified: false, scope: at });
    const access = await resolve(scope);
    if (access.outcome === 'granted') {
      const { membership, tenant, workspace } = access;
      const { role } = membership;
      return {
        outcome: 'granted',
        owner: { organizationId, role, permissions: permissionsOf(role), tenant, workspace },
      };
    }
    const { outcome } = await resolve({ organizationId });
    if (outcome !== 'granted') return { outcome: 'gone' };
    return { outcome: 'notFound', kind: access.outcome === 'notFound' ? access.kind : 'organization' };
  }

  async function ofAccount(
    call: Call,
    { organizationId, ownerId }: OwnedKey,
    scope: Scope,
  ): Promise<Standing> {
    const account = await accountOf(organizationId, ownerId);
    return account ? standingOfAccount(call, { ...account, organizationId }, scope) : { outcome: 'gone' };
  }

  return (call: Call, known: OwnedKey, scope: Scope): Promise<Standing> =>
    known.owner === 'member' ? ofMember(call, known, scope) : ofAccount(call, known, scope);
}

export type StandingOf = ReturnType<typeof createStandingOf>;
