import { newId, type Revocation, type RevocationSubject, type VerifiedToken } from '@plinth/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { verifiedToken } from '../testing/verified-token.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

const organizationId = newId('organization');
const membership = { organizationId, slug: 'acme', displayName: 'Acme', role: 'developer' as const };
const tenant = { id: newId('tenant'), plan: 'starter' as const, suspended: false };

beforeEach(() => {
  identity.tenancy.resolve = () => ({ outcome: 'granted', membership, tenant });
});

const seconds = () => Math.floor(Date.now() / 1_000);
let count = 0;

const tokenOf = (more: Partial<VerifiedToken> = {}): VerifiedToken =>
  verifiedToken({ sessionId: `session-${++count}`, ...more });

const revocation = (subjects: RevocationSubject[], more: Partial<Revocation> = {}): Revocation => ({
  id: newId('event'),
  subjects,
  revokedAt: new Date().toISOString(),
  ...more,
});

async function push(...revocations: Revocation[]): Promise<number> {
  const { status, body } = await identity.internal('revocation.push', { revocations }, 'tenancy');
  expect(status, JSON.stringify(body)).toBe(200);
  return body.result.data.sequence;
}

async function since(after?: number) {
  const { status, body } = await identity.internal('revocation.since', { after });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.result.data;
}

async function exchange(token: VerifiedToken) {
  const { status, body } = await identity.internal('passport.exchange', {
    token,
    scope: {},
    organization: 'optional',
    service: 'tenancy',
  });
  return status === 200 ? body.result.data : { code: body.error.data.code, status };
}

const principalOf = async (token: VerifiedToken): Promise<RevocationSubject> =>
  (await exchange(token)).subjects.find((subject: string) => subject.startsWith('principal:'));

describe('a passport', () => {
  test('names what it stands on, and the last revocation that it knows of', async () => {
    const before = await push(revocation(['tenant:tnt_other']));
    const { subjects, sequence } = await exchange(tokenOf({ sessionId: 's-1' }));
    expect(subjects).toEqual([
      expect.stringMatching(/^principal:usr_/),
      expect.stringMatching(/^membership:usr_/),
      'session:s-1',
      `tenant:${tenant.id}`,
      `organization:${organizationId}`,
    ]);
    expect(sequence).toBe(before);
  });

  test('knows of nothing that is revoked while access is looked up', async () => {
    let pushed: Promise<number> | undefined;
    identity.tenancy.resolve = () => {
      pushed = push(revocation([`tenant:${tenant.id}`]));
      return { outcome: 'granted', membership, tenant };
    };
    const { sequence } = await exchange(tokenOf());
    expect(sequence).toBeLessThan((await pushed) ?? 0);
  });

  test('of nobody stands on nothing', async () => {
    const { body } = await identity.internal('passport.exchange', {
      scope: {},
      organization: 'optional',
      service: 'identity',
    });
    expect(body.result.data).toMatchObject({ subjects: [], sequence: 0 });
  });
});

describe('a token', () => {
  test('of a session that was revoked is refused for good, and those of another sign-in are not', async () => {
    const token = tokenOf();
    await exchange(token);
    await push(revocation([`session:${token.sessionId}`]));
    expect(await exchange(token)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    expect(await exchange({ ...token, issuedAt: seconds() + 60 })).toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(await exchange({ ...token, sessionId: 'another' })).toHaveProperty('passport');
    const { sessionId: _, ...withoutSession } = token;
    expect(await exchange(withoutSession)).toHaveProperty('passport');
  });

  test('issued before everybody was signed out is refused; one of a sign-in after it works at once', async () => {
    const token = tokenOf();
    await push(revocation([await principalOf(token)]));
    for (const issuedAt of [token.issuedAt, token.issuedAt - 300]) {
      expect(await exchange({ ...token, issuedAt })).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    }
    expect(await exchange({ ...token, issuedAt: seconds() })).toHaveProperty('passport');
    expect(await exchange(tokenOf())).toHaveProperty('passport');
  });

  test('is not refused again when the same revocation comes once more', async () => {
    const token = tokenOf();
    const subject = await principalOf(token);
    const revokedAt = new Date(Date.now() - 60_000).toISOString();
    const once = revocation([subject], { revokedAt });
    const first = await push(once);
    expect(await push({ ...once, revokedAt: new Date().toISOString() })).toBe(first);
    expect(await exchange(token)).toHaveProperty('passport');
  });

  test('goes on when a membership, tenant or organization is revoked', async () => {
    const token = tokenOf();
    const { subjects } = await exchange(token);
    const others = subjects.filter((subject: string) => !/^(?:principal|session):/.test(subject));
    expect(others).toHaveLength(3);
    const last = await push(revocation(others));
    expect(await exchange(token)).toMatchObject({ sequence: last });
  });
});

describe('what is new', () => {
  test('is told in order after a number, and of late without one', async () => {
    const first = await push(revocation(['tenant:tnt_1', 'tenant:tnt_2']));
    const second = await push(revocation(['organization:org_1']));
    expect(await since(first)).toEqual({
      sequence: second,
      revocations: [{ subject: 'organization:org_1', sequence: second }],
      hasMore: false,
    });
    expect(await since(second)).toEqual({ sequence: second, revocations: [], hasMore: false });
    expect((await since()).revocations.slice(-3)).toEqual([
      { subject: 'tenant:tnt_1', sequence: first - 1 },
      { subject: 'tenant:tnt_2', sequence: first },
      { subject: 'organization:org_1', sequence: second },
    ]);
    await identity.database.query("update revocation set recorded_at = now() - interval '3 minutes'");
    expect(await since()).toEqual({ sequence: second, revocations: [], hasMore: false });
    expect(await since(second + 5)).toMatchObject({ sequence: second });
  });

  test('is never lost to who reads while others push', async () => {
    const start = (await since()).sequence;
    const lanes = Array.from({ length: 6 }, (_, lane) =>
      Array.from({ length: 8 }, (_, i): RevocationSubject => `tenant:lane-${lane}-${i}`),
    );
    const seen: string[] = [];
    let after = start;
    let isOver = false;
    async function follow(): Promise<void> {
      for (let last = false; !last; ) {
        last = isOver;
        const answer = await since(after);
        seen.push(...answer.revocations.map(({ subject }: { subject: string }) => subject));
        after = answer.sequence;
      }
    }
    const following = follow();
    const pushing = lanes.map(async (lane) => {
      for (const subject of lane) await push(revocation([subject]));
    });
    await Promise.all(pushing).finally(() => {
      isOver = true;
      return following;
    });
    expect(seen.toSorted()).toEqual(lanes.flat().toSorted());
    expect(after).toBe(start + lanes.flat().length);
  });

  test('comes in pages', async () => {
    const start = (await since()).sequence;
    const many = Array.from({ length: 1_050 }, (_, i): RevocationSubject => `tenant:many-${i}`);
    for (let i = 0; i < many.length; i += 100) await push(revocation(many.slice(i, i + 100)));
    const page = await since(start);
    expect(page).toMatchObject({ sequence: start + 1_000, hasMore: true });
    expect(page.revocations).toHaveLength(1_000);
    expect(await since(page.sequence)).toMatchObject({ sequence: start + 1_050, hasMore: false });
  });

  test('goes after a day, and the numbers go on', async () => {
    const last = await push(revocation(['session:old']));
    await identity.database.query(
      "update revocation set recorded_at = now() - interval '26 hours' where subject = 'session:old'",
    );
    expect(await identity.deps.services.revocations.sweep()).toBe(1);
    expect(await since(last - 1)).toEqual({ sequence: last, revocations: [], hasMore: false });
    expect(await push(revocation(['session:new']))).toBe(last + 1);
  });
});

test('only tenancy pushes and only the gateway asks, in the form that they should', async () => {
  const payload = { revocations: [revocation(['tenant:tnt_1'])] };
  expect((await identity.internal('revocation.push', payload, 'gateway')).status).toBe(401);
  expect((await identity.internal('revocation.since', {}, 'tenancy')).status).toBe(401);
  const nonsense = { revocations: [{ ...revocation([]), subjects: ['planet:earth'] }] };
  const { status, body } = await identity.internal('revocation.push', nonsense, 'tenancy');
  expect([status, body.error.data.code]).toEqual([400, 'VALIDATION_FAILED']);
});
