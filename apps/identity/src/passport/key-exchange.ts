import { audienceOf, type Call, type Scope, type ShownKey } from '@plinth/contracts';
import type { PassportMinter } from '@plinth/passport';
import type { KeyCheck, KeyUse } from '../api-key/check.ts';
import type { KnownKey } from '../api-key/known-key.repo.ts';
import type { KeyUsage } from '../api-key/usage.ts';
import { keyCallerOf, type Owner } from './caller.ts';
import type { StandingOf } from './key-owner.ts';
import { limitsOf } from './limits.ts';
import { LIFETIME_SECONDS } from './lifetime.ts';
import type { ExchangeInput, Exchanged } from './passport.service.ts';
import { standAt } from './stand-at.ts';
import { subjectsOf } from './subjects.ts';

// A passport for an API key. Its owner's place in its organization is asked for each time, so it never holds more than its
// owner does. "Sign out everywhere" ends sign-ins and not keys: a program goes on when a laptop is lost.

interface KeyExchangeDeps {
  keys: KeyCheck;
  usage: KeyUsage;
  standingOf: StandingOf;
  minter: PassportMinter;
}

export function createKeyExchange({ keys, usage, standingOf, minter }: KeyExchangeDeps) {
  async function ownerAt(call: Call, use: KeyUse, known: KnownKey, asked: Scope): Promise<Owner> {
    const owner = await standAt(known, asked, (scope) => standingOf(call, known, scope));
    if (!owner) throw keys.refused(call, use, known, 'owner_gone');
    return owner;
  }

  function lifetimeOf(call: Call, use: KeyUse, known: KnownKey): number {
    const { expiresAt, secretEndsAt } = known;
    const end = Math.min(expiresAt ?? Infinity, secretEndsAt ?? Infinity);
    const left = Math.floor(end - Date.now() / 1_000);
    if (left < 1) throw keys.refused(call, use, known, end === expiresAt ? 'expired' : 'rotated');
    return Math.min(left, LIFETIME_SECONDS);
  }

  return async function exchange(call: Call, key: ShownKey, input: ExchangeInput): Promise<Exchanged> {
    const { scope, service, clientAddress } = input;
    const use: KeyUse = { key, clientAddress };
    const known = await keys.check(call, use);
    const lifetime = lifetimeOf(call, use, known);
    const caller = keyCallerOf(known, await ownerAt(call, use, known, scope));
    const minted = await minter.mint(caller, audienceOf(service), lifetime);
    usage.note(known.id, call, clientAddress);
    const subjects = subjectsOf(caller);
    return { ...minted, principal: known.id, limits: limitsOf(caller), subjects, sequence: known.sequence };
  };
}

export type KeyExchange = ReturnType<typeof createKeyExchange>;
