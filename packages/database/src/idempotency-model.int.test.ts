import { AppError } from '@plinth/contracts';
import { isFullSize } from '@plinth/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClaimedMutate } from './claimed-mutate.ts';
import { createMutate } from './mutate.ts';
import { sweepIdempotency } from './sweeper.ts';
import { silentLog } from './test-log.ts';
import { callOf, KEYS, makeThing } from './testing/calls.ts';
import { createThings, outcomeOf, type Things } from './testing/things.ts';

// Any sequence of requests, held against what the rules say of it in a dozen lines.

const STEPS = 20;
const RUNS = isFullSize ? 500 : 15;
const DAY_MS = 24 * 3_600_000;

const step = fc.record({
  form: fc.constantFrom('plain', 'claimed'),
  key: fc.constantFrom('k', 'l'),
  body: fc.constantFrom('a', 'b'),
  /** It takes effect; says that it did not; or nobody knows, though it did if it is outside. */
  ends: fc.constantFrom('done', 'refused', 'lost'),
  hoursLater: fc.constantFrom(0, 0, 0, 1, 23, 25),
  thenSweeps: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Remembered {
  body: string;
  until: number;
  /** Absent while nobody knows. */
  result?: string;
  /** The request that made what is there outside. */
  effect: string;
}

let things: Things;
beforeAll(async () => {
  things = await createThings();
});
afterAll(() => things?.close());

async function play(steps: readonly Step[]): Promise<void> {
  await things.clear();
  let now = Date.parse('2026-01-01T00:00:00Z');
  const options = { log: silentLog, keys: KEYS, now: () => new Date(now) };
  const plain = createMutate(things.database, options);
  const claimed = createClaimedMutate(things.database, options);
  /** What is outside: under each id, what it was made for. */
  const outside = new Map<string, string>();
  const remembered = new Map<string, Remembered>();
  let effects = 0;
  const effectsOutside = new Set<string>();

  function fail(ends: Step['ends']): void {
    if (ends === 'refused') throw new AppError('CONFLICT');
    if (ends === 'lost') throw new Error('lost');
  }

  /** The outcome that the rules ask for, and what they remember after it. */
  function expected({ form, body, ends }: Step, at: string, name: string): string {
    const known = remembered.get(at);
    const live = known && known.until > now ? known : undefined;
    if (live && live.body !== body) return 'IDEMPOTENCY_KEY_REUSED';
    if (live?.result) return `replay ${live.result}`;
    const until = now + DAY_MS;
    const effect = live?.effect ?? name;
    if (form === 'claimed' && ends !== 'refused') effectsOutside.add(effect);
    if (ends === 'done') {
      remembered.set(at, { body, until, result: name, effect });
      effects += 1;
      return `first ${name}`;
    }
    if (form === 'claimed' && (live || ends === 'lost')) remembered.set(at, { body, until, effect });
    else if (!live) remembered.delete(at);
    return ends === 'refused' ? 'CONFLICT' : 'Error: lost';
  }

  for (const [i, one] of steps.entries()) {
    const { form, key, body, ends, hoursLater, thenSweeps } = one;
    const at = `${form} ${key}`;
    const name = `step ${i}`;
    const wanted = expected(one, at, name);
    const call = callOf({ idempotencyKey: key, operation: form, body });
    const answer =
      form === 'plain'
        ? plain(call, async (tx) => {
            const effect = await makeThing(tx, name);
            fail(ends);
            return effect;
          })
        : claimed(call, {
            async act(attempt) {
              if (ends === 'refused') fail(ends);
              if (!outside.has(attempt.id)) outside.set(attempt.id, name);
              fail(ends);
            },
            complete: (tx) => makeThing(tx, name),
          });
    let outcome = await outcomeOf(answer);
    if (outcome === 'done') outcome = `${call.replay ? 'replay' : 'first'} ${(await answer).zeta}`;
    expect(outcome, `${i}: ${JSON.stringify(one)}`).toBe(wanted);
    now += hoursLater * 3_600_000;
    if (thenSweeps) await sweepIdempotency(things.database, new Date(now));
  }
  const { things: made, messages } = await things.counts();
  expect([made, messages]).toEqual([effects, 2 * effects]);
  expect([...outside.values()]).toEqual([...effectsOutside]);
}

it(
  `does what the rules say in ${STEPS * RUNS} requests`,
  () =>
    fc.assert(fc.asyncProperty(fc.array(step, { minLength: STEPS, maxLength: STEPS }), play), {
      numRuns: RUNS,
    }),
  240_000,
);
