import { AppError, type ErrorCode, type ShownKey } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { credentialOf } from './credential.ts';
import { createPassports, type ExchangeInput, type PassportRequest } from './passport.ts';
import { createEpochs } from './revocation/epochs.ts';

const TENANT = 'tenant:tnt_1';
const context = { correlationId: 'test-correlation', traceparent: '' };
const ask = (over: Partial<PassportRequest> = {}): PassportRequest => ({
  credential: credentialOf('secret-token'),
  clientAddress: undefined,
  scope: {},
  organization: 'required',
  service: 'tenancy',
  ...over,
});

const KEY: ShownKey = { id: '0123456789AB', owner: 'member', stage: 'live', digest: 'digest' };

function identity() {
  const asked: ExchangeInput[] = [];
  let clock = 1_000_000;
  const state: { fails: boolean; refusal: ErrorCode; hold: Promise<void> } = {
    fails: false,
    refusal: 'TENANT_NOT_FOUND',
    hold: Promise.resolve(),
  };
  const epochs = createEpochs();
  const passports = createPassports({
    epochs,
    now: () => clock,
    maxEntries: 2,
    exchange: async (input) => {
      asked.push(input);
      await state.hold;
      if (state.fails) throw new AppError(state.refusal);
      return {
        passport: `passport-${asked.length}`,
        expiresAt: clock / 1_000 + 60,
        limits: [],
        subjects: [TENANT],
        sequence: 1,
      };
    },
  });
  return {
    passports,
    epochs,
    asked,
    state,
    pass(seconds: number) {
      clock += seconds * 1_000;
    },
  };
}

test('a passport is kept until shortly before it ends', async () => {
  const { passports, asked, pass } = identity();
  await passports.get(ask(), context);
  pass(54);
  expect(await passports.get(ask(), context)).toMatchObject({ passport: 'passport-1' });
  pass(2);
  expect(await passports.get(ask(), context)).toMatchObject({ passport: 'passport-2' });
  expect(asked).toHaveLength(2);
});

test.each([
  ['another credential', { credential: credentialOf('other-token') }],
  ['no credential', { credential: undefined }],
  ['another address', { clientAddress: '203.0.113.7' }],
  ['another scope', { scope: { tenantId: 'tnt_1' } }],
  ['the same id as another kind of scope', { scope: { organizationId: 'tnt_1' } }],
  ['another service', { service: 'identity' as const }],
  ['without an organization', { organization: 'optional' as const }],
])('%s is another passport', async (_, over) => {
  const { passports, asked } = identity();
  await passports.get(ask(), context);
  await passports.get(ask(over), context);
  expect(asked).toHaveLength(2);
});

test('many requests at once ask once', async () => {
  const { passports, asked } = identity();
  const all = await Promise.all(Array.from({ length: 20 }, () => passports.get(ask(), context)));
  expect(new Set(all.map(({ passport }) => passport)).size).toBe(1);
  expect(asked).toHaveLength(1);
});

test('a refusal is not kept', async () => {
  const { passports, state } = identity();
  state.fails = true;
  await expect(passports.get(ask(), context)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
  state.fails = false;
  expect(await passports.get(ask(), context)).toMatchObject({ passport: 'passport-2' });
});

test('a bad key is remembered for ten seconds, from where it was shown, unless something is heard', async () => {
  const { passports, asked, state, pass, epochs } = identity();
  Object.assign(state, { fails: true, refusal: 'TOKEN_INVALID' });
  const shown = ask({ key: KEY, clientAddress: '203.0.113.7' });
  const refused = async (over: Partial<PassportRequest> = {}) =>
    expect(async () => passports.get({ ...shown, ...over }, context)).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
    });
  await refused();
  await refused();
  expect(asked).toHaveLength(1);
  await refused({ clientAddress: '203.0.113.8' });
  expect(asked).toHaveLength(2);
  epochs.hearFromAnswer(['membership:usr_1']);
  await refused();
  expect(asked).toHaveLength(3);
  pass(9);
  await refused();
  expect(asked).toHaveLength(3);
  pass(1);
  state.fails = false;
  expect(await passports.get(shown, context)).toMatchObject({ passport: 'passport-4' });
});

test.each(['TENANT_NOT_FOUND', 'AUTH_UNAVAILABLE'] as const)(
  '%s of a key is not remembered',
  async (refusal) => {
    const { passports, asked, state } = identity();
    Object.assign(state, { fails: true, refusal });
    for (let i = 0; i < 2; i++)
      await expect(passports.get(ask({ key: KEY }), context)).rejects.toMatchObject({ code: refusal });
    expect(asked).toHaveLength(2);
  },
);

test.each(['SERVICE_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'INTERNAL_ERROR', 'UNAUTHENTICATED'] as const)(
  'identity saying %s is no verdict on the caller',
  async (code) => {
    const passports = createPassports({
      epochs: createEpochs(),
      exchange: () => Promise.reject(new AppError(code)),
    });
    await expect(passports.get(ask(), context)).rejects.toMatchObject({ code: 'AUTH_UNAVAILABLE' });
  },
);

test('the one unused for longest makes room', async () => {
  const { passports, asked } = identity();
  await passports.get(ask({ credential: credentialOf('a') }), context);
  await passports.get(ask({ credential: credentialOf('b') }), context);
  await passports.get(ask({ credential: credentialOf('a') }), context);
  await passports.get(ask({ credential: credentialOf('c') }), context);
  await passports.get(ask({ credential: credentialOf('a') }), context);
  expect(asked).toHaveLength(3);
  await passports.get(ask({ credential: credentialOf('b') }), context);
  expect(asked).toHaveLength(4);
});

test('what is revoked is asked anew, once', async () => {
  const { passports, asked, epochs } = identity();
  const before = await passports.get(ask(), context);
  epochs.hearFromAnswer(['tenant:tnt_2']);
  expect(await passports.get(ask(), context)).toBe(before);
  epochs.hearFromAnswer([TENANT]);
  expect(await passports.get(ask(), context)).toMatchObject({ passport: 'passport-2' });
  expect(await passports.get(ask(), context)).toMatchObject({ passport: 'passport-2' });
  epochs.hear([{ subject: TENANT, sequence: 1 }]);
  await passports.get(ask(), context);
  expect(asked).toHaveLength(2);
  epochs.hear([{ subject: TENANT, sequence: 2 }]);
  await passports.get(ask(), context);
  expect(asked).toHaveLength(3);
});

test('an answer under way is not shared once something was revoked, nor kept', async () => {
  const { passports, asked, epochs, state } = identity();
  const gate = Promise.withResolvers<void>();
  state.hold = gate.promise;
  const before = passports.get(ask(), context);
  epochs.hearFromAnswer([TENANT]);
  const after = passports.get(ask(), context);
  gate.resolve();
  expect(await Promise.all([before, after])).toMatchObject([{ askedAt: 0 }, { askedAt: 1 }]);
  expect(await passports.get(ask(), context)).toMatchObject({ askedAt: 1 });
  expect(asked.length).toBeLessThanOrEqual(3);
});
