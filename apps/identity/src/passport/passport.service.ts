import {
  AppError,
  audienceOf,
  type Call,
  type exchangeInput,
  type exchangeOutput,
  type ServiceName,
} from '@plinth/contracts';
import type { PassportMinter } from '@plinth/passport';
import type { z } from 'zod';
import type { PrincipalService } from '../principal/principal.service.ts';
import type { RevocationService } from '../revocation/revocation.service.ts';
import type { Tenancy } from '../tenancy.ts';
import { type AccountExchange, isOfAccount } from './account-exchange.ts';
import { ANONYMOUS, callerOf, type Person } from './caller.ts';
import { type EndUserExchange, isOfEndUser } from './end-user-exchange.ts';
import type { KeyExchange } from './key-exchange.ts';
import { limitsOf } from './limits.ts';
import { LIFETIME_SECONDS, lifetimeOf } from './lifetime.ts';
import { type Access, createPlaceOf } from './place.ts';
import { narrow } from './scope.ts';
import { subjectsOf } from './subjects.ts';

// The gateway says whose token it has verified and what the request is about; what comes back is the passport that
// every service trusts, and the limits that the gateway applies. The token says who, never where or with what rights.

export type ExchangeInput = z.output<typeof exchangeInput>;
export type Exchanged = z.output<typeof exchangeOutput>;

interface PassportDeps {
  principals: PrincipalService;
  tenancy: Tenancy;
  revocations: Pick<RevocationService, 'check'>;
  minter: PassportMinter;
  exchangeKey: KeyExchange;
  exchangeEndUser: EndUserExchange;
  exchangeAccount: AccountExchange;
  signupsAreOpen: boolean;
}

export function createPassportService(deps: PassportDeps) {
  const { principals, tenancy, revocations, minter, signupsAreOpen } = deps;
  const { exchangeKey, exchangeEndUser, exchangeAccount } = deps;
  const placeOf = createPlaceOf({ signupsAreOpen });

  async function exchangeAnonymous(service: ServiceName, input: ExchangeInput): Promise<Exchanged> {
    if (input.organization === 'required') throw new AppError('UNAUTHENTICATED');
    const minted = await minter.mint(ANONYMOUS, audienceOf(service), LIFETIME_SECONDS);
    // Who shows no credential is limited by address, at the gateway.
    return { ...minted, limits: [], subjects: [], sequence: 0 };
  }

  async function resolve(call: Call, person: Person, input: ExchangeInput): Promise<Access> {
    const { id: userId, email, emailVerified } = person;
    const scope = narrow(input.scope, input.token?.tenantId);
    return tenancy.resolve(call, { userId, email, emailVerified, scope });
  }

  return {
    async exchange(call: Call, input: ExchangeInput): Promise<Exchanged> {
      const { token, key, service } = input;
      if (token && key) throw new AppError('AMBIGUOUS_CREDENTIALS');
      if (key) return exchangeKey(call, key, input);
      if (!token) return exchangeAnonymous(service, input);
      if (isOfEndUser(token)) return exchangeEndUser(call, token, input);
      if (isOfAccount(token)) return exchangeAccount(call, token, input);
      const lifetime = lifetimeOf(token);
      const principal = await principals.identify(token);
      // Before access is looked up: what is revoked meanwhile has a higher number, and makes the gateway ask again.
      const sequence = await revocations.check(principal.id, token);
      const person: Person = { ...principal, email: token.email, emailVerified: token.emailVerified };
      const place = placeOf(person, input, await resolve(call, person, input));
      const caller = callerOf(person, place);
      const minted = await minter.mint(caller, audienceOf(service), lifetime);
      const subjects = subjectsOf(caller, token.sessionId);
      return { ...minted, principal: caller.id, limits: limitsOf(caller), subjects, sequence };
    },
  };
}

export type PassportService = ReturnType<typeof createPassportService>;
