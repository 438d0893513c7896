import { setTimeout as sleep } from 'node:timers/promises';
import { isFullSize } from '@plinth/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { type CrashingWorkers, startCrashingWorkers } from './testing/crashing-workers.ts';
import { startOutside } from './testing/outside.ts';
import { createThings, type Things } from './testing/things.ts';
import type { Answer, Kind } from './testing/worker.ts';

// Two processes are killed in the middle of their work, at every point of it and at any instant, and clients ask again
// with the same key until they are answered. Each thing is then there once, and each answer is of a thing that is there.

const THINGS = isFullSize ? 200 : 16;
const RANDOM_KILLS = isFullSize ? 20 : 2;
/** Of so many things, one is to crash its process at a point of its making. */
const CRASH_EVERY = isFullSize ? 10 : 4;
const CLIENTS = 5;
const POINTS: Record<Kind, readonly string[]> = {
  plain: ['changed', 'committed'],
  claimed: ['claimed', 'acted', 'completing', 'completed'],
};

const either = (): 0 | 1 => (Math.random() < 0.5 ? 0 : 1);

let things: Things;
let outside: Database;
let workers: CrashingWorkers;
beforeAll(async () => {
  things = await createThings();
  outside = await startOutside(things.url);
  workers = startCrashingWorkers(things.url);
});
afterAll(async () => {
  await workers?.close();
  await outside?.close();
  await things?.close();
});
beforeEach(async () => {
  await things.clear();
  await outside.query('TRUNCATE outside');
});

/** As a client does it: the same key until there is an answer, on another connection when one breaks. */
async function untilDone(kind: Kind, name: string, crashAt: string | undefined): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const order = { kind, name, crashAt: attempt === 0 ? crashAt : undefined };
    const answer = await workers.send(order, either());
    if (answer !== 'broken' && answer.outcome === 'done') return answer;
    if (answer !== 'broken') expect(['IDEMPOTENCY_IN_PROGRESS']).toContain(answer.outcome);
    await sleep(20 + Math.random() * 50);
  }
}

/** Kills one or the other while the clients are at work. */
async function killAtRandom(isOver: () => boolean): Promise<void> {
  for (let i = 0; i < RANDOM_KILLS && !isOver(); i++) {
    await sleep(Math.random() * 400);
    workers.kill(either());
  }
}

const namesOf = async (sql: string): Promise<string[]> => {
  const rows = await things.database.query<{ name: string }>(sql);
  return rows.map(({ name }) => name).sort();
};

it.each(['plain', 'claimed'] as const)(
  'a %s mutation takes effect once and is lost for nobody, whenever its process is killed',
  async (kind) => {
    const names = Array.from({ length: THINGS }, (_, i) => `${kind}-${i}`).sort();
    const points = POINTS[kind];
    const queue = names.map((name, i) => ({
      name,
      crashAt: i % CRASH_EVERY === 0 ? points[(i / CRASH_EVERY) % points.length] : undefined,
    }));
    const answers = new Map<string, Answer>();
    async function client(): Promise<void> {
      for (let next = queue.shift(); next; next = queue.shift()) {
        answers.set(next.name, await untilDone(kind, next.name, next.crashAt));
      }
    }
    const killsBefore = workers.kills();
    const killing = killAtRandom(() => queue.length === 0);
    await Promise.all(Array.from({ length: CLIENTS }, client));
    await killing;
    // One may take several orders to crash with it.
    expect(workers.kills()).toBeGreaterThan(killsBefore);

    expect(await namesOf('SELECT name FROM thing')).toEqual(names);
    if (kind === 'claimed') expect(await namesOf('SELECT name FROM outside')).toEqual(names);
    expect(await things.counts()).toEqual({ things: THINGS, messages: 2 * THINGS, records: THINGS });
    expect(
      await namesOf('SELECT key_hash::text AS name FROM idempotency_record WHERE result IS NULL'),
    ).toEqual([]);
    for (const name of names) {
      const replay = await untilDone(kind, name, undefined);
      expect(replay).toMatchObject({ replayed: true, result: { zeta: name, alpha: 1 } });
      expect(answers.get(name)?.result).toEqual(replay.result);
    }
    if (isFullSize)
      console.info(
        `${kind}: ${THINGS} things, ${workers.kills() - killsBefore} kills, 0 duplicates, 0 lost, 0 stuck`,
      );
  },
  240_000,
);
