import { AppError } from '@plinth/contracts';
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

function identity() {
  const asked: ExchangeInput[] = [];
  let clock = 1_000_000;
  const state = { fails: false, hold: Promise.resolve() };
  const epochs = createEpochs();
  const passports = createPassports({
    epochs,
    now: () => clock,
    maxEntries: 2,
    exchange: async (input) => {
      asked.push(input);
      await state.hold;
      if (state.fails) throw new AppError('TENANT_NOT_FOUND');
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
