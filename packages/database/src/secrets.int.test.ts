import { inspect } from 'node:util';
import { Secret } from '@plinth/contracts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Queryable } from './database.ts';
import { createMutate, type MutateOptions } from './mutate.ts';
import { requestKeyOf } from './request-key.ts';
import { seal, unseal } from './sealed-secrets.ts';
import { sweepSecrets } from './sweeper.ts';
import { silentLog } from './test-log.ts';
import { callOf, KEYS } from './testing/calls.ts';
import { createThings, type Things } from './testing/things.ts';

// What is shown once, and again to whoever shows the same key within ten minutes.

const CANARY = 'bps_live_canary_4fQ2xZ1';

let things: Things;
beforeAll(async () => {
  things = await createThings();
});
afterAll(() => things?.close());
beforeEach(() => things.clear());

const clock = { now: 0 };
beforeEach(() => {
  clock.now = Date.parse('2026-01-01T00:00:00Z');
});
const minutes = (count: number) => count * 60_000;

const mutateWith = (more: Partial<MutateOptions> = {}) =>
  createMutate(things.database, { log: silentLog, keys: KEYS, now: () => new Date(clock.now), ...more });

const keyMade = async () => ({
  result: { id: 'key_1', secret: new Secret(CANARY), name: 'ci' },
  audit: { target: { kind: 'apiKey', id: 'key_1' }, changes: { name: 'ci' } },
  event: { type: 'apiKey.created', subject: { kind: 'apiKey', id: 'key_1' }, data: { name: 'ci' } },
});

const create = (idempotencyKey: string | undefined, mutate = mutateWith()) =>
  mutate(callOf({ idempotencyKey }), keyMade);

const SHOWN = { id: 'key_1', secret: CANARY, name: 'ci' };
const HIDDEN = { id: 'key_1', secret: null, name: 'ci', secretState: 'delivered_or_expired' };

it('shows the secret to the first caller, with a key and without one', async () => {
  expect(await create('k')).toEqual(SHOWN);
  expect(await create(undefined)).toEqual(SHOWN);
});

it('shows it to a replay for ten minutes, byte for byte, and then no more', async () => {
  const first = JSON.stringify(await create('k'));
  clock.now += minutes(9);
  expect(JSON.stringify(await create('k'))).toBe(first);
  clock.now += minutes(2);
  expect(await create('k')).toEqual(HIDDEN);
});

it('shows it under an older version of the master key, and hides it when that is gone', async () => {
  await create('k');
  const newer = Buffer.alloc(32, 9);
  expect(await create('k', mutateWith({ keys: [newer, ...KEYS] }))).toEqual(SHOWN);
});

it('is erased once nobody may see it any more', async () => {
  await create('k');
  expect(await sweepSecrets(things.database, new Date(clock.now + minutes(9)))).toBe(0);
  expect(await sweepSecrets(things.database, new Date(clock.now + minutes(11)))).toBe(1);
  expect(await create('k')).toEqual(HIDDEN);
});

/** All that Postgres holds of this database, in the clear and in every spelling of bytes that it writes. */
async function dump(database: Queryable): Promise<string> {
  const rows = await database.query<{ text: string }>(
    `SELECT record::text || coalesce(encode(sealed, 'escape'), '') || encode(key_hash, 'escape') AS text
     FROM idempotency_record AS record
     UNION ALL SELECT message::text FROM outbox AS message`,
  );
  return rows.map(({ text }) => text).join('\n');
}

it('is nowhere in the database in clear, and neither is the idempotency key', async () => {
  await create('order-of-mr-smith');
  const text = await dump(things.database);
  expect(text).toContain('key_1');
  for (const spelling of [
    CANARY,
    Buffer.from(CANARY).toString('hex'),
    Buffer.from(CANARY).toString('base64'),
  ])
    expect(text).not.toContain(spelling);
  expect(text).not.toContain('smith');
});

it('opens with the very key, principal and operation alone', () => {
  const keyOf = (changes: Parameters<typeof callOf>[0], raw = 'k') =>
    requestKeyOf(callOf(changes), raw, KEYS);
  const sealed = seal({ secret: CANARY }, keyOf({}), KEYS[0] ?? Buffer.alloc(0));
  expect(unseal(sealed, keyOf({}), KEYS)).toEqual({ secret: CANARY });
  for (const other of [keyOf({}, 'K'), keyOf({ user: 'usr_2' }), keyOf({ operation: 'thing.copy' })])
    expect(unseal(sealed, other, KEYS)).toBeUndefined();
  expect(unseal(sealed, keyOf({}), [Buffer.alloc(32, 9)])).toBeUndefined();
});

it('cannot be written down by accident', async () => {
  const secret = new Secret(CANARY);
  expect(() => JSON.stringify({ secret })).toThrow('about to be written down');
  for (const shown of [`${secret}`, inspect({ secret }), inspect(secret, { showHidden: true })])
    expect(shown).not.toContain(CANARY);

  const audited = async () => {
    const effect = await keyMade();
    return { ...effect, audit: { ...effect.audit, changes: { secret } } };
  };
  const published = async () => {
    const effect = await keyMade();
    return { ...effect, event: { ...effect.event, data: { secret } } };
  };
  const nested = async () => ({ ...(await keyMade()), result: { keys: [{ secret }] } });
  const attempts = [audited, published, nested].map((effect) => () => {
    const call = callOf({ idempotencyKey: 'k' });
    return mutateWith()<unknown>(call, effect);
  });
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow('written down');
  expect(await things.counts()).toMatchObject({ messages: 0, records: 0 });
});
