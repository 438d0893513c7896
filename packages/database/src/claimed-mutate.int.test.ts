import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@plinth/contracts';
import { closedPort } from '@plinth/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Attempt, type ClaimedMutateOptions, createClaimedMutate } from './claimed-mutate.ts';
import { createDatabase, type Database } from './database.ts';
import { startRelay } from './relay.ts';
import { lock, requestKeyOf } from './request-key.ts';
import { countAbandoned, sweepIdempotency } from './sweeper.ts';
import { silentLog } from './test-log.ts';
import { callOf, KEYS, thingMade } from './testing/calls.ts';
import { outsideThing, startOutside } from './testing/outside.ts';
import { createThings, outcomeOf, type Things } from './testing/things.ts';

let things: Things;
let outside: Database;
beforeAll(async () => {
  things = await createThings();
  outside = await startOutside(things.url);
});
afterAll(async () => {
  await outside?.close();
  await things?.close();
});
beforeEach(async () => {
  await things.clear();
  await outside.query('TRUNCATE outside');
});

const mutateWith = (more: Partial<ClaimedMutateOptions> = {}) =>
  createClaimedMutate(things.database, { log: silentLog, keys: KEYS, ...more });

const make = (name: string) => outsideThing(outside, name);

async function effects(): Promise<string[]> {
  const rows = await outside.query<{ name: string }>('SELECT name FROM outside ORDER BY made_at');
  return rows.map(({ name }) => name);
}

/** An effect that has begun and ends when it is told to. */
function running(mutate = mutateWith(), more: { timeoutMs?: number } = {}) {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<Attempt>();
  const answer = mutate(callOf({ idempotencyKey: 'k' }), {
    ...make('slow'),
    async act(attempt) {
      begun.resolve(attempt);
      await gate.promise;
      return make('slow').act(attempt);
    },
    ...more,
  });
  return { begun: begun.promise, finish: gate.resolve, fail: gate.reject, answer };
}

describe('an effect outside the database', () => {
  it('happens once, and is recorded with its audit entry and event', async () => {
    const first = await mutateWith()(callOf({ idempotencyKey: 'k' }), make('once'));
    const again = callOf({ idempotencyKey: 'k' });
    expect(await mutateWith()(again, make('once'))).toEqual(first);
    expect(again.replay?.requestId).toBe('corr-0001');
    expect(await effects()).toEqual(['once']);
    expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 1 });
  });

  it('has an id of its own without a key, too', async () => {
    const ids = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const { act, complete } = make('keyless');
      await mutateWith()(callOf(), { act: (go) => act(go).finally(() => ids.add(go.id)), complete });
    }
    expect([...ids]).toEqual([expect.stringMatching(/^[0-9A-Z]{26}$/), expect.any(String)]);
    expect(await things.counts()).toEqual({ things: 2, messages: 4, records: 0 });
  });

  it('happens once for 50 at the same time through two processes', async () => {
    const mutates = [mutateWith(), mutateWith()];
    const calls = Array.from({ length: 50 }, () => callOf({ idempotencyKey: 'k' }));
    const outcomes = await Promise.all(
      calls.map((call, i) => outcomeOf((mutates[i % 2] ?? mutateWith())(call, make('once')))),
    );
    expect(new Set(outcomes)).toEqual(new Set(['done', 'IDEMPOTENCY_IN_PROGRESS']));
    expect(await effects()).toEqual(['once']);
  });

  it('refuses twins and other requests while it runs, and replays to who waits', async () => {
    const first = running();
    await first.begun;
    const twin = mutateWith()(callOf({ idempotencyKey: 'k' }), make('slow'));
    await expect(twin).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS', retryAfter: 1 });
    const other = callOf({ idempotencyKey: 'k', body: 'other' });
    expect(await outcomeOf(mutateWith()(other, make('other')))).toBe('IDEMPOTENCY_KEY_REUSED');
    const patience = { seconds: 10, signal: new AbortController().signal, wasNeeded: false };
    const waiting = mutateWith()(callOf({ idempotencyKey: 'k', patience }), make('slow'));
    await expect.poll(() => patience.wasNeeded).toBe(true);
    first.finish();
    expect(await waiting).toEqual(await first.answer);
    expect(await effects()).toEqual(['slow']);
  });

  it('is taken over when its time is up, under the same id, and the slow one comes too late', async () => {
    const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
    const now = () => new Date(clock.now);
    const slow = running(mutateWith({ now }));
    const first = await slow.begun;
    clock.now += 9_999;
    const tooSoon = mutateWith({ now })(callOf({ idempotencyKey: 'k' }), make('slow'));
    expect(await outcomeOf(tooSoon)).toBe('IDEMPOTENCY_IN_PROGRESS');

    clock.now += 1;
    const second = running(mutateWith({ now }));
    const takeover = await second.begun;
    expect([takeover.id, takeover.number]).toEqual([first.id, 2]);
    slow.finish();
    expect(await outcomeOf(slow.answer)).toBe('IDEMPOTENCY_IN_PROGRESS');
    second.finish();
    expect(await second.answer).toMatchObject({ zeta: 'slow' });
    expect(await effects()).toEqual(['slow']);
    expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 1 });
  });

  it('answers the slow one with what the one that took over has recorded', async () => {
    const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
    const now = () => new Date(clock.now);
    const slow = running(mutateWith({ now }));
    await slow.begun;
    clock.now += 10_000;
    const taken = await mutateWith({ now })(callOf({ idempotencyKey: 'k' }), make('slow'));
    slow.finish();
    expect(await slow.answer).toEqual(taken);
    expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 1 });
  });

  it('frees the key when it says that nothing happened', async () => {
    const act = async () => {
      throw new AppError('SLUG_TAKEN');
    };
    const refused = mutateWith()(callOf({ idempotencyKey: 'k' }), { ...make('refused'), act });
    expect(await outcomeOf(refused)).toBe('SLUG_TAKEN');
    expect(await things.counts()).toMatchObject({ records: 0 });
    const other = callOf({ idempotencyKey: 'k', body: 'other' });
    expect(await outcomeOf(mutateWith()(other, make('other')))).toBe('done');
  });

  it('tries again under the same id when nobody knows what happened, also after a later refusal', async () => {
    const ids: string[] = [];
    const attempt = (error: Error | undefined) =>
      outcomeOf(
        mutateWith()(callOf({ idempotencyKey: 'k' }), {
          ...make('maybe'),
          async act(go) {
            ids.push(go.id);
            const done = await make('maybe').act(go);
            if (error) throw error;
            return done;
          },
        }),
      );
    expect(await attempt(new Error('reset'))).toBe('Error: reset');
    expect(await attempt(new AppError('UPSTREAM_TIMEOUT'))).toBe('UPSTREAM_TIMEOUT');
    expect(await attempt(new AppError('RATE_LIMITED'))).toBe('RATE_LIMITED');
    expect(await attempt(undefined)).toBe('done');
    expect(new Set(ids).size).toBe(1);
    expect(await effects()).toEqual(['maybe']);
  });

  it('is not taken for another request while another request looks its claim up', async () => {
    const act = async () => {
      throw new Error('reset');
    };
    await outcomeOf(mutateWith()(callOf({ idempotencyKey: 'k' }), { ...make('mine'), act }));
    const again = await things.database.transaction(async (tx) => {
      await lock(tx, requestKeyOf(callOf({ body: 'other' }), 'k', KEYS));
      return outcomeOf(mutateWith()(callOf({ idempotencyKey: 'k' }), make('mine')));
    });
    expect(again).toBe('IDEMPOTENCY_IN_PROGRESS');
  });

  it('is finished by a later request when its completion failed', async () => {
    const complete = async () => {
      throw new Error('lost');
    };
    const lost = mutateWith()(callOf({ idempotencyKey: 'k' }), { ...make('found'), complete });
    expect(await outcomeOf(lost)).toBe('Error: lost');
    const other = callOf({ idempotencyKey: 'k', body: 'other' });
    expect(await outcomeOf(mutateWith()(other, make('other')))).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await outcomeOf(mutateWith()(callOf({ idempotencyKey: 'k' }), make('found')))).toBe('done');
    expect(await effects()).toEqual(['found']);
    expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 1 });
  });

  it('is answered when what it revokes has arrived', async () => {
    const delivered: unknown[] = [];
    const deliver = async (payloads: readonly unknown[]) => delivered.push(...payloads);
    const revocations = startRelay(things.database, { kind: 'revocation', deliver, log: silentLog });
    const { act, complete } = make('revoked');
    await mutateWith({ revocations })(callOf({ idempotencyKey: 'k' }), {
      act,
      complete: async (tx) => ({ ...(await complete(tx)), revokes: ['tenant:tnt_1'] }),
    });
    expect(delivered).toMatchObject([{ subjects: ['tenant:tnt_1'] }]);
    await revocations.stop();
  });

  it('hears when its time is up', async () => {
    const answer = mutateWith()(callOf({ idempotencyKey: 'k' }), {
      act: ({ signal }) => sleep(10_000, undefined, { signal }),
      complete: async () => thingMade('never'),
      timeoutMs: 50,
    });
    await expect(answer).rejects.toThrow('aborted');
  });

  it('does not begin while keys cannot be looked up', async () => {
    const url = `postgres://nobody@127.0.0.1:${await closedPort()}/nothing`;
    const away = createDatabase({ url, log: silentLog });
    const mutate = createClaimedMutate(away, { log: silentLog, keys: KEYS });
    const answer = mutate(callOf({ idempotencyKey: 'k' }), make('unprotected'));
    await expect(answer).rejects.toMatchObject({ code: 'IDEMPOTENCY_UNAVAILABLE', retryAfter: 1 });
    expect(await effects()).toEqual([]);
    await away.close();
  });

  it('is forgotten after a day, finished or not', async () => {
    const act = async () => {
      throw new Error('reset');
    };
    await outcomeOf(mutateWith()(callOf({ idempotencyKey: 'a' }), { ...make('abandoned'), act }));
    await mutateWith()(callOf({ idempotencyKey: 'b' }), make('finished'));
    const tomorrow = new Date(Date.now() + 24 * 3_600_000 + 1_000);
    expect(await countAbandoned(things.database, tomorrow)).toBe(1);
    expect(await sweepIdempotency(things.database, tomorrow)).toBe(2);
    expect(await things.counts()).toMatchObject({ records: 0 });
  });
});
