import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, pushRevocationsInput } from '@plinth/contracts';
import { elapsed } from '@plinth/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { createMutate } from './mutate.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';
import { silentLog } from './test-log.ts';
import { callOf, KEYS, makeThing } from './testing/calls.ts';
import { createThings, type Things } from './testing/things.ts';

let things: Things;
let database: Database;
const relays: Relay[] = [];
/** What a receiver that hangs waits for: the test, or its end. */
let hanging: PromiseWithResolvers<void>;

beforeAll(async () => {
  things = await createThings();
  database = things.database;
});
afterAll(() => things?.close());
beforeEach(() => {
  hanging = Promise.withResolvers();
  return things.clear();
});
afterEach(async () => {
  hanging.resolve();
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

/** A receiver that takes what comes once it `works`, and each subject once. */
function receiver() {
  const state = { works: true, hold: async () => {}, calls: 0, taken: [] as string[] };
  async function deliver(payloads: readonly unknown[]): Promise<void> {
    state.calls += 1;
    await state.hold();
    if (!state.works) throw new Error('not now');
    const { revocations } = pushRevocationsInput.parse({ revocations: payloads });
    state.taken.push(...revocations.flatMap(({ subjects }) => subjects));
  }
  return { state, deliver };
}

function start(deliver: RelayOptions['deliver'], intervalMs = 60_000): Relay {
  const relay = startRelay(database, { kind: 'revocation', deliver, log: silentLog, intervalMs });
  relays.push(relay);
  return relay;
}

const inOrganization = (organization: string, changes: Partial<Call> = {}): Call =>
  callOf({ organization, operation: 'thing.suspend', ...changes });

/** A change that revokes a tenant. */
function revoke(revocations: Relay, call: Call, name: string) {
  const mutate = createMutate(database, { log: silentLog, keys: KEYS, revocations });
  return mutate(call, async (tx) => ({ ...(await makeThing(tx, name)), revokes: [`tenant:${name}`] }));
}

const undelivered = async (): Promise<number> =>
  (await database.query("SELECT 1 FROM outbox WHERE kind = 'revocation' AND delivered_at IS NULL")).length;

test('a change is answered when what it revokes has arrived, and says what that is', async () => {
  const { state, deliver } = receiver();
  state.hold = () => sleep(100);
  const call = inOrganization('org_1');
  expect(await revoke(start(deliver), call, 'a')).toMatchObject({ zeta: 'a' });
  expect(state.taken).toEqual(['tenant:a']);
  expect(call.revoked).toEqual(['tenant:a']);
  expect(await undelivered()).toBe(0);
});

test('a change that revokes nothing waits for nobody', async () => {
  const { state, deliver } = receiver();
  const mutate = createMutate(database, { log: silentLog, keys: KEYS, revocations: start(deliver) });
  const call = inOrganization('org_1');
  await mutate(call, (tx) => makeThing(tx, 'a'));
  expect([state.calls, call.revoked]).toEqual([0, undefined]);
});

test('a change that nobody would send is not made', async () => {
  const mutate = createMutate(database, { log: silentLog, keys: KEYS });
  const change = mutate(callOf(), async (tx) => ({ ...(await makeThing(tx, 'a')), revokes: ['tenant:a'] }));
  await expect(change).rejects.toThrow('nobody sends');
  expect(await things.counts()).toEqual({ things: 0, messages: 0, records: 0 });
});

test('while the receiver is away the change stands, and what it revokes is sent until it arrives', async () => {
  const { state, deliver } = receiver();
  state.works = false;
  const relay = start(deliver, 50);
  expect(await revoke(relay, inOrganization('org_1'), 'a')).toMatchObject({ zeta: 'a' });
  expect(await undelivered()).toBe(1);
  state.works = true;
  await expect.poll(undelivered).toBe(0);
  expect(state.taken).toEqual(['tenant:a']);
});

test('a receiver that hangs holds a change up for a second or so', async () => {
  const { state, deliver } = receiver();
  state.hold = () => hanging.promise;
  const relay = start(deliver);
  const began = performance.now();
  expect(await elapsed(() => revoke(relay, inOrganization('org_1'), 'a'))).toBeLessThan(5_000);
  expect(performance.now() - began).toBeGreaterThan(900);
});

test('what a process that died left over is sent by the next', async () => {
  const { state, deliver } = receiver();
  state.works = false;
  const first = start(deliver);
  await revoke(first, inOrganization('org_1'), 'a');
  await first.stop();
  state.works = true;
  start(deliver);
  await expect.poll(() => state.taken).toEqual(['tenant:a']);
});

test('a replay says what its original revoked, and waits for it', async () => {
  const { state, deliver } = receiver();
  state.works = false;
  const relay = start(deliver);
  await revoke(relay, inOrganization('org_1', { idempotencyKey: 'key-1' }), 'a');
  state.works = true;
  const again = inOrganization('org_1', { idempotencyKey: 'key-1' });
  await revoke(relay, again, 'a');
  expect([again.replay !== undefined, again.revoked]).toEqual([true, ['tenant:a']]);
  expect(state.taken).toEqual(['tenant:a']);
});

test('of many changes through several relays each arrives, in few deliveries and in order', async () => {
  const { state, deliver } = receiver();
  state.hold = () => sleep(100);
  const all = [start(deliver), start(deliver)];
  const names = Array.from({ length: 40 }, (_, i) => `t-${i}`);
  await Promise.all(
    names.map((name, i) => {
      const relay = all[i % all.length];
      return relay && revoke(relay, inOrganization(`org_${i % 2}`), name);
    }),
  );
  expect(await undelivered()).toBe(0);
  expect(state.taken.toSorted()).toEqual(names.map((name) => `tenant:${name}`).toSorted());
  expect(state.calls).toBeLessThan(names.length);
});

test('a receiver that hangs leaves the connections to others', async () => {
  const { state, deliver } = receiver();
  state.hold = () => hanging.promise;
  const relay = start(deliver);
  const changes = Array.from({ length: 12 }, (_, i) => revoke(relay, inOrganization(`org_${i}`), `t-${i}`));
  await expect.poll(() => state.calls).toBe(3);
  // Where they were all taken, this would be refused.
  await database.query('SELECT 1');
  expect(state.calls).toBe(3);
  hanging.resolve();
  await Promise.all(changes);
});

test('one organization does not wait for another', async () => {
  const { state, deliver } = receiver();
  const relay = start(async (payloads) => {
    if (JSON.stringify(payloads).includes('stuck')) await hanging.promise;
    await deliver(payloads);
  });
  const stuck = revoke(relay, inOrganization('org_1'), 'stuck');
  await sleep(50);
  await revoke(relay, inOrganization('org_2'), 'free');
  expect(state.taken).toEqual(['tenant:free']);
  hanging.resolve();
  await stuck;
});
