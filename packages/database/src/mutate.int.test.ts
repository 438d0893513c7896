import { AppError, writeApiKey } from '@plinth/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { createMutate, type Effect } from './mutate.ts';
import { recordAudit } from './outbox.ts';
import { unchanged } from './resource.ts';
import { sweepIdempotency, sweepOutbox } from './sweeper.ts';
import { silentLog } from './test-log.ts';
import { callOf, KEYS, makeThing } from './testing/calls.ts';
import { createThings, outcomeOf, type Things } from './testing/things.ts';

let things: Things;
let database: Database;
beforeAll(async () => {
  things = await createThings();
  database = things.database;
});
afterAll(() => things?.close());
beforeEach(() => things.clear());

describe('mutate', () => {
  it('writes the effect, the audit entry and the event together', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    await mutate(callOf(), (tx) => makeThing(tx, 'plain'));
    const messages = await database.query('SELECT kind, organization_id, payload FROM outbox ORDER BY kind');
    expect(messages).toMatchObject([
      {
        kind: 'audit',
        organization_id: 'org_1',
        payload: {
          id: expect.stringMatching(/^evt_/),
          action: 'thing.create',
          actor: { kind: 'member', id: 'usr_1', email: 'a@example.com' },
          organizationId: 'org_1',
          target: { kind: 'thing', id: 'plain' },
          outcome: 'success',
          correlationId: 'corr-0001',
          clientAddress: '127.0.0.1',
          userAgent: 'test',
          changes: { name: 'plain' },
        },
      },
      {
        kind: 'event',
        organization_id: 'org_1',
        payload: { type: 'thing.created', data: { name: 'plain' } },
      },
    ]);
    expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 0 });
  });

  it('tells nobody of what asked for no change, and keeps its answer all the same', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    const answer = await mutate(callOf({ idempotencyKey: 'nothing' }), async () => ({
      ...unchanged('thing', { id: 'as-it-was', version: 3 }),
      event: { type: 'thing.updated', subject: { kind: 'thing', id: 'as-it-was' }, data: {} },
    }));
    expect(answer).toEqual({ id: 'as-it-was', etag: '"3"' });
    expect(await things.counts()).toEqual({ things: 0, messages: 0, records: 1 });
  });

  it('takes effect once for 100 at the same time with one key through two processes, and then only replays', async () => {
    const [mutate, other] = [1, 2].map(() => createMutate(database, { log: silentLog, keys: KEYS }));
    if (!mutate || !other) throw new Error('there are two');
    const calls = Array.from({ length: 100 }, () => callOf({ idempotencyKey: 'once' }));
    const outcomes = await Promise.all(
      calls.map((call, i) => outcomeOf((i % 2 ? mutate : other)(call, (tx) => makeThing(tx, 'once')))),
    );
    const done = calls.filter((_, i) => outcomes[i] === 'done');
    expect(new Set(outcomes.filter((outcome) => outcome !== 'done'))).toSatisfy((rest: Set<string>) =>
      [...rest].every((code) => code === 'IDEMPOTENCY_IN_PROGRESS'),
    );
    expect(done.filter((call) => !call.replay)).toHaveLength(1);

    const late = callOf({ idempotencyKey: 'once' });
    const answer = await mutate(late, (tx) => makeThing(tx, 'once'));
    expect(late.replay).toBeDefined();
    expect(JSON.stringify(answer)).toBe('{"zeta":"once","alpha":1}');
    expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 1 });
  });

  it.each(['this', 'another'])(
    'answers a twin in %s process at once while the first one runs',
    async (which) => {
      const mutate = createMutate(database, { log: silentLog, keys: KEYS });
      const twins = which === 'this' ? mutate : createMutate(database, { log: silentLog, keys: KEYS });
      const gate = Promise.withResolvers<void>();
      const started = Promise.withResolvers<void>();
      const first = mutate(callOf({ idempotencyKey: 'twin' }), async (tx) => {
        started.resolve();
        await gate.promise;
        return makeThing(tx, 'twin');
      });
      await started.promise;
      const twin = twins(callOf({ idempotencyKey: 'twin' }), (tx) => makeThing(tx, 'twin'));
      await expect(twin).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS', retryAfter: 1 });
      gate.resolve();
      await first;
    },
  );

  it('refuses the key with another request and keeps callers, organizations and operations apart', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    const key = { idempotencyKey: 'shared' };
    await mutate(callOf(key), (tx) => makeThing(tx, 'first'));
    const other = mutate(callOf({ ...key, body: 'other' }), (tx) => makeThing(tx, 'second'));
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    const stranger = callOf({ ...key, user: 'usr_2' });
    await mutate(stranger, (tx) => makeThing(tx, 'third'));
    const elsewhere = callOf({ ...key, operation: 'thing.copy' });
    await mutate(elsewhere, (tx) => makeThing(tx, 'fourth'));
    const inAnother = callOf({ ...key, organization: 'org_2' });
    await mutate(inAnother, (tx) => makeThing(tx, 'fifth'));
    expect([stranger, elsewhere, inAnother].some(({ replay }) => replay)).toBe(false);
    expect(await things.counts()).toMatchObject({ things: 4, records: 4 });
  });

  it('stores nothing of an effect that fails, and the key stays free', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    const failing = mutate(callOf({ idempotencyKey: 'retry' }), async (tx) => {
      await makeThing(tx, 'half');
      throw new AppError('BUSINESS_RULE_VIOLATED');
    });
    await expect(failing).rejects.toMatchObject({ code: 'BUSINESS_RULE_VIOLATED' });
    expect(await things.counts()).toEqual({ things: 0, messages: 0, records: 0 });
    await mutate(callOf({ idempotencyKey: 'retry' }), (tx) => makeThing(tx, 'whole'));
    expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 1 });
  });

  it('leaves nothing when its connection is killed in the middle', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    const killed = mutate(callOf({ idempotencyKey: 'crash' }), async (tx) => {
      const effect = await makeThing(tx, 'crash');
      const [backend] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await database.query('SELECT pg_terminate_backend($1)', [backend?.pid]);
      return effect;
    });
    await expect(killed).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(await things.counts()).toEqual({ things: 0, messages: 0, records: 0 });
    const again = callOf({ idempotencyKey: 'crash' });
    await mutate(again, (tx) => makeThing(tx, 'crash'));
    expect(again.replay).toBeUndefined();
  });

  it('runs again after a serialization failure', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    let runs = 0;
    await mutate(callOf({ idempotencyKey: 'conflict' }), async (tx) => {
      runs += 1;
      if (runs < 3)
        await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END $$`);
      return makeThing(tx, 'conflict');
    });
    expect(runs).toBe(3);
    expect(await things.counts()).toEqual({ things: 1, messages: 2, records: 1 });
  });

  it('forgets a key after 24 hours', async () => {
    let today = new Date('2026-01-01T00:00:00Z');
    const mutate = createMutate(database, { log: silentLog, keys: KEYS, now: () => today });
    await mutate(callOf({ idempotencyKey: 'day' }), (tx) => makeThing(tx, 'monday'));
    today = new Date('2026-01-01T23:59:59Z');
    const soon = callOf({ idempotencyKey: 'day' });
    await mutate(soon, (tx) => makeThing(tx, 'same day'));
    today = new Date('2026-01-02T00:00:01Z');
    const later = callOf({ idempotencyKey: 'day', body: 'another' });
    await mutate(later, (tx) => makeThing(tx, 'tuesday'));
    expect([soon.replay, later.replay]).toEqual([expect.anything(), undefined]);
    expect(await things.counts()).toMatchObject({ things: 2, records: 1 });
  });

  it('returns an undefined result as undefined, replayed too', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    const effect = async (): Promise<Effect<void>> => ({
      result: undefined,
      audit: { target: { kind: 'thing', id: 'none' } },
    });
    const first = await mutate(callOf({ idempotencyKey: 'void' }), effect);
    const second = await mutate(callOf({ idempotencyKey: 'void' }), effect);
    expect([first, second]).toEqual([undefined, undefined]);
  });

  it('never stores the key itself', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    await mutate(callOf({ idempotencyKey: 'order-of-mr-smith' }), (tx) => makeThing(tx, 'secret'));
    const [row] = await database.query<{ text: string }>(
      `SELECT record::text || encode(key_hash, 'escape') AS text FROM idempotency_record AS record`,
    );
    expect(row?.text).not.toContain('smith');
  });

  it('stores no API key that a caller names itself by', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    const key = writeApiKey({ owner: 'member', stage: 'live', id: '0123456789AB', secret: 'x'.repeat(43) });
    await mutate(callOf({ userAgent: `tool ${key}` }), (tx) => makeThing(tx, 'named'));
    const [row] = await database.query<{ name: string }>(
      `SELECT payload->>'userAgent' AS name FROM outbox WHERE payload->'target'->>'id' = 'named'`,
    );
    expect(row?.name).toBe('tool bpk_live_0123456789AB_…');
  });

  it('keeps text that jsonb would refuse', async () => {
    const mutate = createMutate(database, { log: silentLog, keys: KEYS });
    const call = callOf({ userAgent: 'half a pair \ud800 and \u0000' });
    await mutate(call, (tx) => makeThing(tx, 'odd'));
    expect(await things.counts()).toMatchObject({ messages: 2 });
  });
});

describe('beside mutate', () => {
  it('audits what has no change of its own', async () => {
    const anonymous = {
      kind: 'anonymous',
      id: '',
      permissions: [],
      capabilities: [],
      suspended: false,
    } as const;
    const call = callOf({
      caller: { ...anonymous, permissions: [], capabilities: [] },
      operation: 'session.create',
    });
    await recordAudit(database, call, {
      target: { kind: 'user', id: 'usr_9' },
      actor: { kind: 'member', id: 'usr_9' },
      organizationId: 'org_9',
      outcome: 'denied',
    });
    const [row] = await database.query('SELECT organization_id, payload, delivered_at FROM outbox');
    expect(row).toMatchObject({
      organization_id: 'org_9',
      payload: { action: 'session.create', outcome: 'denied', actor: { id: 'usr_9' } },
      delivered_at: null,
    });
  });

  it('sweeps what is over in batches and leaves the rest', async () => {
    await database.query(
      `INSERT INTO idempotency_record
       SELECT 'member:usr_1', 'thing.create', int8send(n), 'f', '{}', now() - interval '2 days',
              now() + CASE WHEN n <= 2500 THEN -interval '1 minute' ELSE interval '1 hour' END
       FROM generate_series(1, 2503) AS n`,
    );
    await database.query(
      `INSERT INTO outbox SELECT 'evt_' || n, 'event', NULL, '{}', now(),
              CASE n WHEN 1 THEN now() - interval '2 days' WHEN 2 THEN now() END
       FROM generate_series(1, 3) AS n`,
    );
    const swept = await Promise.all([sweepIdempotency(database), sweepIdempotency(database)]);
    expect(swept[0] + swept[1]).toBe(2_500);
    expect(await sweepOutbox(database)).toBe(1);
    expect(await things.counts()).toMatchObject({ records: 3, messages: 2 });
  });
});
