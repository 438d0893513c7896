import { audienceOf, type Call, type RevocationSubject, type Scope, type ShownKey } from '@plinth/contracts';
import type { PassportMinter } from '@plinth/passport';
import { isReached } from '@plinth/service';
import type { KeyCheck, KeyUse } from '../api-key/check.ts';
import type { KnownKey } from '../api-key/known-key.repo.ts';
import type { KeyUsage } from '../api-key/usage.ts';
import { keyCallerOf, type KeyOwner, reachOfRow } from './caller.ts';
import type { StandingOf } from './key-owner.ts';
import { limitsOf } from './limits.ts';
import { LIFETIME_SECONDS } from './lifetime.ts';
import type { ExchangeInput, Exchanged } from './passport.service.ts';
import { notFound } from './place.ts';

// A passport for an API key. Its owner's place in its organization is asked for each time, so it never holds more than its
// owner does. "Sign out everywhere" ends sign-ins and not keys: a program goes on when a laptop is lost.

interface KeyExchangeDeps {
  keys: KeyCheck;
  usage: KeyUsage;
  standingOf: StandingOf;
  minter: PassportMinter;
}

/** A key for one place only is about that place where the request names none. */
export function keyScopeOf(
  {
    organizationId,
    tenantIds,
    workspaceIds,
  }: Pick<KnownKey, 'organizationId' | 'tenantIds' | 'workspaceIds'>,
  asked: Scope,
): Scope {
  if (asked.tenantId !== undefined || asked.workspaceId !== undefined) return { ...asked, organizationId };
  const [tenantId, workspaceId] = [tenantIds?.[0], workspaceIds?.[0]];
  const count = (tenantIds?.length ?? 0) + (workspaceIds?.length ?? 0);
  if (count !== 1) return { organizationId };
  return tenantId === undefined ? { organizationId, workspaceId } : { organizationId, tenantId };
}

export function createKeyExchange({ keys, usage, standingOf, minter }: KeyExchangeDeps) {
  async function ownerAt(call: Call, use: KeyUse, known: KnownKey, asked: Scope): Promise<KeyOwner> {
    const { organizationId } = known;
    const isElsewhere = asked.organizationId !== undefined && asked.organizationId !== organizationId;
    const standing = await standingOf(
      call,
      known,
      isElsewhere ? { organizationId } : keyScopeOf(known, asked),
    );
    if (standing.outcome === 'gone') throw keys.refused(call, use, known, 'owner_gone');
    if (standing.outcome === 'notFound') throw notFound(asked, standing.kind);
    const { owner } = standing;
    const { tenant, workspaceId } = owner;
    const isInBoth =
      !tenant ||
      [reachOfRow(known), owner.reach].every((reach) =>
        isReached({ reach }, { tenantId: tenant.id, workspaceId }),
      );
    // Nothing is there, or nothing for this key.
    if (isElsewhere || !isInBoth) throw notFound(asked, 'organization');
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
    const { tenantId } = caller;
    const subjects: RevocationSubject[] = [
      `key:${known.id}`,
      `membership:${known.ownerId}`,
      ...(tenantId === undefined ? [] : [`tenant:${tenantId}` as const]),
      `organization:${known.organizationId}`,
    ];
    return { ...minted, principal: known.id, limits: limitsOf(caller), subjects, sequence: known.sequence };
  };
}

export type KeyExchange = ReturnType<typeof createKeyExchange>;
