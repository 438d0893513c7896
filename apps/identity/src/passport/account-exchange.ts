import { AppError, audienceOf, type Call, isIdOf, type VerifiedToken } from '@plinth/contracts';
import type { PassportMinter } from '@plinth/passport';
import type { CountedAudit } from '@plinth/service';
import { originOf } from '../api-key/check.ts';
import type { KeyUsage } from '../api-key/usage.ts';
import type { RevocationService } from '../revocation/revocation.service.ts';
import { type KnownAccount, problemOf } from '../service-account/known-account.ts';
import { accountCallerOf } from './caller.ts';
import type { AccountStanding } from './key-owner.ts';
import { lifetimeOf } from './lifetime.ts';
import { limitsOf } from './limits.ts';
import type { ExchangeInput, Exchanged } from './passport.service.ts';
import { narrow } from './scope.ts';
import { standAt } from './stand-at.ts';
import { subjectsOf } from './subjects.ts';

// A passport for a service account that has signed in by its client. The client is called as the account is, and the token says
// no more than that: what the account may do, and whether it may do anything, is in its row now.

interface AccountExchangeDeps {
  knownAccount(id: string): Promise<KnownAccount | undefined>;
  standing: AccountStanding;
  revocations: Pick<RevocationService, 'check'>;
  failures: CountedAudit;
  usage: KeyUsage;
  minter: PassportMinter;
}

export const isOfAccount = ({ clientId, endUser }: VerifiedToken): boolean =>
  endUser === undefined && isIdOf('serviceAccount', clientId);

export function createAccountExchange(deps: AccountExchangeDeps) {
  const { knownAccount, standing, revocations, failures, usage, minter } = deps;

  /** The bearer is told nothing; its organization, why. */
  function refused(
    call: Call,
    id: string,
    clientAddress: string | undefined,
    known?: KnownAccount,
  ): AppError {
    const reason = problemOf(known);
    const organizationId = known?.organizationId;
    failures.record(
      `${clientAddress} ${id} ${reason}`,
      { ...originOf(call, 'serviceAccount.use'), clientAddress },
      {
        actor: { kind: 'serviceAccount', id },
        target: { kind: 'serviceAccount', id },
        ...(organizationId !== undefined && { organizationId }),
        outcome: 'denied',
        changes: { code: 'TOKEN_INVALID', reason },
      },
    );
    return new AppError('TOKEN_INVALID');
  }

  return async function exchange(call: Call, token: VerifiedToken, input: ExchangeInput): Promise<Exchanged> {
    const { service, clientAddress } = input;
    const { clientId: id } = token;
    const lifetime = lifetimeOf(token);
    // Before the account is looked up: what is revoked meanwhile has a higher number, and makes the gateway ask again.
    const sequence = await revocations.check(id, token);
    const known = await knownAccount(id);
    if (!known || problemOf(known)) throw refused(call, id, clientAddress, known);
    const asked = narrow(input.scope, token.tenantId);
    const owner = await standAt(known, asked, (scope) => standing(call, known, scope));
    if (!owner) throw refused(call, id, clientAddress, known);
    const caller = accountCallerOf(id, owner);
    const minted = await minter.mint(caller, audienceOf(service), lifetime);
    usage.note(id, call, clientAddress);
    return { ...minted, principal: id, limits: limitsOf(caller), subjects: subjectsOf(caller), sequence };
  };
}

export type AccountExchange = ReturnType<typeof createAccountExchange>;
