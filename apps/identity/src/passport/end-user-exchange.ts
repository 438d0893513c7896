import {
  AppError,
  audienceOf,
  type Call,
  type Caller,
  END_USER_PERMISSIONS,
  type VerifiedToken,
} from '@plinth/contracts';
import type { PassportMinter } from '@plinth/passport';
import { tenantSuspended } from '@plinth/service';
import { hasRealm } from '../realm/may-have-realm.ts';
import type { RealmRow } from '../realm/realm.repo.ts';
import type { RevocationService } from '../revocation/revocation.service.ts';
import type { Tenancy } from '../tenancy.ts';
import { placeSettingOf } from './caller.ts';
import { limitsOf } from './limits.ts';
import { lifetimeOf } from './lifetime.ts';
import type { ExchangeInput, Exchanged } from './passport.service.ts';
import { notFound } from './place.ts';
import { subjectsOf } from './subjects.ts';

// A passport for an end user: somebody who signs in at a tenant's own realm. It opens the data of that tenant and nothing
// else, and carries what the token says, so that the policies of the data can judge by it.

interface EndUserDeps {
  realmOf(id: string): Promise<RealmRow | undefined>;
  tenancy: Pick<Tenancy, 'locate'>;
  revocations: Pick<RevocationService, 'check'>;
  minter: PassportMinter;
}

export interface EndUserToken extends VerifiedToken {
  endUser: NonNullable<VerifiedToken['endUser']>;
}

export const isOfEndUser = (token: VerifiedToken): token is EndUserToken => token.endUser !== undefined;

export function createEndUserExchange({ realmOf, tenancy, revocations, minter }: EndUserDeps) {
  /** Only where its own tenant is: everything else is as absent as it is for a stranger. */
  async function callerOf(
    call: Call,
    token: EndUserToken,
    input: ExchangeInput,
    realm: RealmRow,
  ): Promise<Caller> {
    const { organizationId, tenantId } = realm;
    const place = await tenancy.locate(call, { organizationId, scope: input.scope });
    if (place?.tenant?.id !== tenantId) throw notFound(input.scope, 'tenant');
    // By the tenant as it is now; the row of its realm may not know yet.
    if (!hasRealm(place.tenant)) throw new AppError('TOKEN_INVALID');
    if (place.tenant.suspended) throw tenantSuspended(tenantId);
    const { subject, email, endUser } = token;
    return {
      kind: 'endUser',
      id: `${realm.id}/${subject}`,
      ...(email !== undefined && { email }),
      claims: endUser.claims,
      organizationId,
      permissions: [...END_USER_PERMISSIONS],
      ...placeSettingOf(place),
    };
  }

  return async function exchange(call: Call, token: EndUserToken, input: ExchangeInput): Promise<Exchanged> {
    const lifetime = lifetimeOf(token);
    const realm = await realmOf(token.endUser.realmId);
    if (!realm) throw new AppError('TOKEN_INVALID');
    const principal = `${realm.id}/${token.subject}`;
    const sequence = await revocations.check(principal, token);
    const caller = await callerOf(call, token, input, realm);
    const minted = await minter.mint(caller, audienceOf(input.service), lifetime);
    const subjects = subjectsOf(caller, token.sessionId);
    return { ...minted, principal, limits: limitsOf(caller), subjects, sequence };
  };
}

export type EndUserExchange = ReturnType<typeof createEndUserExchange>;
