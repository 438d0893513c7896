import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fleet, startFleet } from './fleet.ts';
import type { Ending } from './fleet-process.ts';
import { type LoadResult, startBalancedLoad } from './balanced-load.ts';
import { prepareTraffic, type Traffic } from './traffic.ts';

// Every process of a fleet is replaced, one after another, under a steady load, and nobody notices. It takes the machine
// for itself for a minute or two, so it runs by itself and with the real systems only.

const PROMISED = 500;
/** A machine that is busy with the rate itself has nothing left to start a process with. */
const SHARE = 0.5;
/** Less is no load worth the name. */
const LEAST = 20;
const RATES = [LEAST / SHARE, 120, 240, 480, 700, PROMISED / SHARE];
const TRY_MS = 6_000;
const HOLDS_WITHIN_MS = 500;
const ATTAINED = 0.95;
/** How often the least is tried on a machine that has other things to do. */
const PATIENCE = 20;
const TRIES = 4;
const LEAST_SECONDS = 60;

let fleet: Fleet;
let traffic: Traffic;

beforeAll(async () => {
  fleet = await startFleet();
  traffic = await prepareTraffic(fleet);
});
afterAll(() => fleet?.stop());

const startAt = (perSecond: number) =>
  startBalancedLoad({ gateways: fleet.replicasOf('gateway'), perSecond, request: traffic.request });

/** The machine had too much to do for a rate: it was not even sent, or answered late, or refused for just that. */
const isTooMuch = (perSecond: number, { failures, p99, rate }: LoadResult): boolean =>
  rate < perSecond * ATTAINED ||
  p99 > HOLDS_WITHIN_MS ||
  (failures.length > 0 && failures.every((failure) => failure.includes('"OVERLOADED"')));

async function holds(perSecond: number): Promise<boolean> {
  const load = startAt(perSecond);
  await sleep(TRY_MS);
  const result = await load.stop();
  return result.failures.length === 0 && !isTooMuch(perSecond, result);
}

/** What is promised; where the machine cannot do so much, most of the highest rate that it keeps up with. */
async function rateToHold(): Promise<number> {
  // The first requests of a process cost many times what the later ones do.
  for (let tries = 0; tries < PATIENCE && !(await holds(LEAST / SHARE)); tries++);
  let highest = LEAST / SHARE;
  for (const perSecond of RATES) {
    if (!(await holds(perSecond))) break;
    highest = perSecond;
  }
  return Math.min(PROMISED, Math.floor(highest * SHARE));
}

async function restartAllUnder(perSecond: number) {
  const before = await traffic.workspaces();
  const load = startAt(perSecond);
  const endings: (Ending & { name: string })[] = [];
  const began = performance.now();
  await sleep(3_000);
  for (const process of fleet.processes) {
    endings.push({ name: process.name, ...(await process.restart('SIGTERM')) });
    await sleep(1_500);
  }
  await sleep(Math.max(0, LEAST_SECONDS * 1_000 - (performance.now() - began)));
  const { failures, ...result } = await load.stop();
  const after = await traffic.workspaces();
  const lost = after.asked - before.asked - (after.there - before.there);
  console.log({
    perSecond,
    ...result,
    failed: failures.length,
    failures: failures.slice(0, 10),
    lost,
    endings,
  });
  return { perSecond, result: { ...result, failures }, endings, lost };
}

test('a rolling restart of every service and every gateway fails no request', {
  timeout: 1_500_000,
}, async () => {
  let round = await restartAllUnder(await rateToHold());
  // A fault of ours fails at any rate. A machine that became busier does not have to.
  for (let tries = 1; tries < TRIES; tries++) {
    const { perSecond, result } = round;
    if (result.failures.length === 0 || !isTooMuch(perSecond, result)) break;
    const less = Math.max(LEAST, Math.floor(perSecond / 2));
    round = await restartAllUnder(Math.min(less, await rateToHold()));
  }
  const { result, endings, lost } = round;
  expect(result.failures.slice(0, 20)).toEqual([]);
  // What was sent, not what was meant to be: a busy machine sends less.
  expect(result.rate).toBeGreaterThan(LEAST / 2);
  for (const ending of endings) {
    expect(ending, ending.name).toMatchObject({ code: 0, signal: null });
  }
  expect(lost).toBe(0);
});
