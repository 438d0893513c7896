import {
  type Caller,
  KEY_ROLES,
  type KeyRole,
  MEMBER_ROLES,
  type MemberRole,
  type Permission,
  permissionsOf,
} from '@plinth/contracts';
import { isFullSize } from '@plinth/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiKeys, createApiKeys } from '../testing/api-keys.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';

// Whatever members and keys of an organization do to its keys, in whatever order: a key that somebody has just made, changed
// or rotated can do nothing that they cannot, and no key ever does what its owner may not.

let identity: Identity;
let keys: ApiKeys;
beforeAll(async () => {
  identity = await startIdentity();
  keys = createApiKeys(identity);
});
afterAll(() => identity.close());

/** Each holds the next. */
const NETWORKS = [null, ['10.0.0.0/8'], ['10.1.0.0/16'], ['10.1.2.3']] as const;
const ENDS = ['never', '1y', '30d', '7d'] as const;
const FROM = '10.1.2.3';
const [ORGANIZATION_WIDE, TENANT_WIDE] = [0, 1];

interface Wish {
  network: number;
  end: number;
  /** Of the role's permissions, those at whose place this has a bit; zero for all. */
  mask: number;
  reach: number;
}

type Step =
  | ({ kind: 'create'; maker: number; role: KeyRole } & Wish)
  | ({ kind: 'update'; maker: number; key: number } & Wish)
  | { kind: 'rotate'; maker: number; key: number }
  | { kind: 'appoint'; member: number; role: MemberRole };

const place = fc.nat(50);
/** No limit: what only keys without one can ask of each other would be too rare. */
const oftenZero = (most: number) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(most) });
const role = fc.oneof(fc.constant<KeyRole>('admin:write'), fc.constantFrom(...KEY_ROLES));
const wish = {
  network: fc.nat(NETWORKS.length - 1),
  end: fc.nat(ENDS.length - 1),
  mask: oftenZero(2 ** 30 - 1),
  reach: oftenZero(TENANT_WIDE),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('create'),
      maker: place,
      role,
      ...wish,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('update'), maker: place, key: place, ...wish }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rotate'), maker: place, key: place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('appoint'),
      member: place,
      role: fc.constantFrom(...MEMBER_ROLES),
    }),
  },
);

interface Known {
  id: string;
  text: string;
  role: KeyRole;
  ownerId: string;
  network: number;
  end: number;
  reach: number;
}

/** What somebody can do, told by what they did and not by the code under test. */
interface Power {
  permissions: readonly Permission[];
  network: number;
  end: number;
  reach: number;
}

const counts = { done: 0, refused: 0 };

async function run(steps: readonly Step[]): Promise<void> {
  const owner = keys.member('owner');
  const { organizationId = '' } = owner;
  const members: Caller[] = [owner, keys.member('admin', { organizationId })];
  const roles = new Map(members.map(({ id, role }) => [id, role as MemberRole]));
  const tenantId = keys.tenantOf(owner);
  const made: Known[] = [];

  const asMember = (member: Caller): Caller => {
    const role = roles.get(member.id) ?? 'viewer';
    return { ...member, role, permissions: [...permissionsOf(role)] };
  };
  const asKey = async ({ text }: Known): Promise<Caller> =>
    (await keys.exchange(text, { clientAddress: FROM })).caller;

  /** Members and keys alike. */
  async function makerAt(index: number): Promise<{ caller: Caller; power: Power }> {
    const count = members.length + made.length;
    const at = index % count;
    const member = members[at];
    if (member) {
      const caller = asMember(member);
      return {
        caller,
        power: { permissions: caller.permissions, network: 0, end: 0, reach: ORGANIZATION_WIDE },
      };
    }
    const key = made[at - members.length];
    if (!key) throw new Error('there is nobody at that place');
    const caller = await asKey(key);
    return { caller, power: { ...key, permissions: caller.permissions } };
  }

  const bodyOf = (role: KeyRole, { network, end, mask, reach }: Wish) => {
    const chosen = permissionsOf(role).filter((_, bit) => (mask >> bit) & 1);
    return {
      permissions: chosen.length > 0 ? chosen : null,
      allowedCidrs: NETWORKS[network],
      expiresIn: ENDS[end],
      tenantIds: reach === TENANT_WIDE ? [tenantId] : null,
    };
  };

  async function expectNoMore(key: Known, { permissions, network, end, reach }: Power): Promise<void> {
    const can = await asKey(key);
    expect(permissions).toEqual(expect.arrayContaining(can.permissions));
    expect(key.network).toBeGreaterThanOrEqual(network);
    expect(key.end).toBeGreaterThanOrEqual(end);
    expect(key.reach).toBeGreaterThanOrEqual(reach);
  }

  async function take(one: Step): Promise<void> {
    if (one.kind === 'appoint') {
      const member = members[one.member % members.length];
      if (!member) return;
      roles.set(member.id, one.role);
      keys.setRole(member, one.role);
      return;
    }
    const { caller, power } = await makerAt(one.maker);
    const send = (method: 'POST' | 'PATCH', path: string, payload: object) =>
      identity.send(caller, { method, url: `/v1/api-keys${path}`, payload });
    const isDone = ({ status }: { status: number }): boolean => {
      expect([200, 201, 403]).toContain(status);
      counts[status === 403 ? 'refused' : 'done'] += 1;
      return status !== 403;
    };
    if (one.kind === 'create') {
      const payload = { name: 'A key', role: one.role, ...bodyOf(one.role, one) };
      const answer = await send('POST', '', payload);
      if (!isDone(answer)) return;
      const { id, key: text, ownerId } = answer.body;
      const { role, network, end, reach } = one;
      const key: Known = { id, text, role, ownerId, network, end, reach };
      made.push(key);
      await expectNoMore(key, power);
      return;
    }
    const key = made[one.key % made.length];
    if (!key) return;
    if (one.kind === 'rotate') {
      const answer = await send('POST', `/${key.id}/rotate`, {});
      if (!isDone(answer)) return;
      key.text = answer.body.key;
    } else {
      if (!isDone(await send('PATCH', `/${key.id}`, bodyOf(key.role, one)))) return;
      Object.assign(key, { network: one.network, end: one.end, reach: one.reach });
    }
    await expectNoMore(key, power);
  }

  for (const one of steps) await take(one);
  for (const key of made) {
    const allowed = permissionsOf(roles.get(key.ownerId) ?? 'viewer');
    expect(allowed).toEqual(expect.arrayContaining((await asKey(key)).permissions));
  }
}

test('no sequence of create, update and rotate yields a key that is stronger than its maker', async () => {
  const sequences = fc.array(step, { minLength: 5, maxLength: 25 });
  await fc.assert(fc.asyncProperty(sequences, run), { numRuns: isFullSize ? 100 : 15 });
  expect(counts.done).toBeGreaterThan(20);
  expect(counts.refused).toBeGreaterThan(20);
}, 300_000);
