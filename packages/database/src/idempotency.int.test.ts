import { AppError, type Call } from '@plinth/contracts';
import { closedPort } from '@plinth/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createDatabase, type Database } from './database.ts';
import { createMutate, type MutateOptions } from './mutate.ts';
import { lock, requestKeyOf } from './request-key.ts';
import { silentLog } from './test-log.ts';
import { callOf, KEYS, makeThing, thingMade } from './testing/calls.ts';
import { createThings, outcomeOf, type Things } from './testing/things.ts';

// What a key does beside making an effect happen once: how its replays look, what is refused, and what a wait is.

let things: Things;
let database: Database;
beforeAll(async () => {
  things = await createThings();
  database = things.database;
});
afterAll(() => things?.close());
beforeEach(() => things.clear());

const mutateWith = (more: Partial<MutateOptions> = {}) =>
  createMutate(database, { log: silentLog, keys: KEYS, ...more });

/** An effect that has begun and ends when it is told to. */
function running(call: Call, mutate = mutateWith()) {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const answer = mutate(call, async (tx) => {
    begun.resolve();
    await gate.promise;
    return makeThing(tx, 'slow');
  });
  return { begun: begun.promise, finish: gate.resolve, fail: gate.reject, answer };
}

const patience = (seconds = 10) => ({ seconds, signal: new AbortController().signal, wasNeeded: false });

it('says of a replay whose answer it is and until when, and tells nobody else', async () => {
  const at = new Date('2026-01-01T00:00:00Z');
  const mutate = mutateWith({ now: () => at });
  await mutate(callOf({ idempotencyKey: 'k', correlationId: 'corr-first' }), (tx) => makeThing(tx, 'a'));
  const again = callOf({ idempotencyKey: 'k', correlationId: 'corr-again' });
  await mutate(again, (tx) => makeThing(tx, 'b'));
  expect(again.replay).toEqual({
    requestId: 'corr-first',
    expiresAt: new Date('2026-01-02T00:00:00Z'),
    isCurrent: false,
  });
  expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 1 });
});

it.each(['this', 'another'])(
  'refuses the key with another request while the first one runs in %s process',
  async (which) => {
    const mutate = mutateWith();
    const first = running(callOf({ idempotencyKey: 'k' }), mutate);
    await first.begun;
    const other = callOf({ idempotencyKey: 'k', body: 'other' });
    const same = callOf({ idempotencyKey: 'k' });
    const here = which === 'this' ? mutate : mutateWith();
    const outcomes = [other, same].map((call) => outcomeOf(here(call, (tx) => makeThing(tx, 'second'))));
    expect(await Promise.all(outcomes)).toEqual(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS']);
    first.finish();
    await first.answer;
  },
);

it('lets a replay not be taken for another request while another request looks its key up', async () => {
  const call = () => callOf({ idempotencyKey: 'k' });
  await mutateWith()(call(), (tx) => makeThing(tx, 'a'));
  await database.transaction(async (tx) => {
    await lock(tx, requestKeyOf(callOf({ body: 'other' }), 'k', KEYS));
    const again = call();
    await mutateWith()(again, (tx) => makeThing(tx, 'b'));
    expect(again.replay).toBeDefined();
  });
});

it('holds who prefers to wait, and replays', async () => {
  const first = running(callOf({ idempotencyKey: 'k' }));
  await first.begun;
  const waiting = callOf({ idempotencyKey: 'k', patience: patience() });
  const answer = mutateWith()(waiting, (tx) => makeThing(tx, 'twice'));
  await expect.poll(() => waiting.patience?.wasNeeded).toBe(true);
  first.finish();
  expect(await answer).toEqual(await first.answer);
  expect(waiting.replay).toBeDefined();
  expect(await things.counts()).toMatchObject({ things: 1 });
});

it('does it for the one who waited when the first one fails', async () => {
  const first = running(callOf({ idempotencyKey: 'k' }));
  await first.begun;
  const waiting = callOf({ idempotencyKey: 'k', patience: patience() });
  const answer = mutateWith()(waiting, (tx) => makeThing(tx, 'mine'));
  await expect.poll(() => waiting.patience?.wasNeeded).toBe(true);
  first.fail(new AppError('CONFLICT'));
  expect(await outcomeOf(first.answer)).toBe('CONFLICT');
  expect(await answer).toMatchObject({ zeta: 'mine' });
  expect(waiting.replay).toBeUndefined();
});

it('waits no longer than it was asked to, nor for a caller who has left', async () => {
  const first = running(callOf({ idempotencyKey: 'k' }));
  await first.begun;
  const short = { ...patience(), seconds: 0.2 };
  const gone = { ...patience(), signal: AbortSignal.timeout(200) };
  const outcomes = [short, gone].map((patience) =>
    outcomeOf(mutateWith()(callOf({ idempotencyKey: 'k', patience }), (tx) => makeThing(tx, 'x'))),
  );
  expect(await Promise.all(outcomes)).toEqual(['IDEMPOTENCY_IN_PROGRESS', 'IDEMPOTENCY_IN_PROGRESS']);
  first.finish();
  await first.answer;
});

it('keeps no answer above 1 MiB: a replay reads the resource as it is then', async () => {
  const mutate = mutateWith();
  const large = { name: 'x'.repeat(1024 * 1024) };
  const effect = async () => ({ ...thingMade('large'), result: large });
  const reread = async (_: unknown, { id }: { id: string }) => ({ name: `${id} as it is now` });
  expect(await mutate(callOf({ idempotencyKey: 'k' }), effect, reread)).toEqual(large);
  const again = callOf({ idempotencyKey: 'k' });
  expect(await mutate(again, effect, reread)).toEqual({ name: 'large as it is now' });
  expect(again.replay?.isCurrent).toBe(true);
  const [row] = await database.query<{ size: number }>(
    'SELECT pg_column_size(record.*) AS size FROM idempotency_record AS record',
  );
  expect(row?.size).toBeLessThan(1_000);
});

it('takes no effect whose answer is above 1 MiB and cannot be read again', async () => {
  const effect = async () => ({ ...thingMade('large'), result: 'x'.repeat(1024 * 1024) });
  const refused = mutateWith()(callOf({ idempotencyKey: 'k' }), effect);
  await expect(refused).rejects.toThrow('thing.create is too large to be kept');
  expect(await things.counts()).toMatchObject({ messages: 0, records: 0 });
});

it('refuses new keys of an organization that has too many, and replays the ones it has', async () => {
  const at = { now: Date.parse('2026-01-01T00:00:00Z') };
  const mutate = mutateWith({ liveKeys: 3, now: () => new Date(at.now) });
  const make = (idempotencyKey: string, organization = 'org_1', user = 'usr_1') =>
    outcomeOf(mutate(callOf({ idempotencyKey, organization, user }), (tx) => makeThing(tx, idempotencyKey)));
  for (const name of ['a', 'b', 'c']) expect(await make(name)).toBe('done');
  const refused = mutate(callOf({ idempotencyKey: 'd' }), (tx) => makeThing(tx, 'd'));
  await expect(refused).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    retryAfter: 60,
    details: { policy: 'idempotency-keys', limit: 3 },
  });
  expect(await make('a')).toBe('done');
  expect(await make('e', 'org_1', 'usr_2')).toBe('RATE_LIMITED');
  expect(await make('e', 'org_2')).toBe('done');
  expect(await make('e', 'org_10')).toBe('done');

  await database.query(`DELETE FROM idempotency_record WHERE principal = 'org_1/member:usr_1'`);
  expect(await make('f')).toBe('RATE_LIMITED');
  at.now += 60_000;
  expect(await make('f')).toBe('done');
});

it('another process counts what this one recorded', async () => {
  for (const name of ['a', 'b']) {
    await mutateWith()(callOf({ idempotencyKey: name }), (tx) => makeThing(tx, name));
  }
  const other = mutateWith({ liveKeys: 2 });
  const refused = other(callOf({ idempotencyKey: 'c' }), (tx) => makeThing(tx, 'c'));
  expect(await outcomeOf(refused)).toBe('RATE_LIMITED');
});

it('knows a key again after the master key got a newer version', async () => {
  await mutateWith()(callOf({ idempotencyKey: 'k' }), (tx) => makeThing(tx, 'a'));
  const again = callOf({ idempotencyKey: 'k' });
  await mutateWith({ keys: [Buffer.alloc(32, 9), ...KEYS] })(again, (tx) => makeThing(tx, 'b'));
  expect(again.replay).toBeDefined();
});

it('executes nothing while keys cannot be looked up, and says so only where a key was sent', async () => {
  const url = `postgres://nobody@127.0.0.1:${await closedPort()}/nothing`;
  const away = createDatabase({ url, log: silentLog });
  const mutate = createMutate(away, { log: silentLog, keys: KEYS });
  let runs = 0;
  const effect = async () => {
    runs += 1;
    return thingMade('none');
  };
  await expect(mutate(callOf({ idempotencyKey: 'k' }), effect)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_UNAVAILABLE',
    status: 503,
    retryAfter: 1,
  });
  await expect(mutate(callOf(), effect)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  expect(runs).toBe(0);
  await away.close();
});
