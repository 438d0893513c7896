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
const LEAST = 60;
const RATES = [LEAST, 120, 240, 480, 700, PROMISED / SHARE];
const TRY_MS = 6_000;
const HOLDS_WITHIN_MS = 500;
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

async function tryRate(perSecond: number): Promise<LoadResult> {
  const load = startAt(perSecond);
  await sleep(TRY_MS);
  return load.stop();
}

/** What is promised; where the machine cannot do so much, most of the highest rate that it keeps up with. */
async function rateToHold(): Promise<number> {
  // The first requests of a process cost many times what the later ones do.
  await tryRate(LEAST);
  let holds = LEAST;
  for (const perSecond of RATES) {
    const { failures, p99 } = await tryRate(perSecond);
    if (failures.length > 0 || p99 > HOLDS_WITHIN_MS) break;
    holds = perSecond;
  }
  return Math.min(PROMISED, Math.floor(holds * SHARE));
}

/** All failures are of a service that had too much to do: the machine gave it less than when the rate was chosen. */
const isOverload = ({ failures }: LoadResult): boolean =>
  failures.length > 0 && failures.every((failure) => failure.includes('"OVERLOADED"'));

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
  timeout: 500_000,
}, async () => {
  let round = await restartAllUnder(await rateToHold());
  for (let tries = 1; tries < 3 && isOverload(round.result); tries++) {
    round = await restartAllUnder(Math.ceil(round.perSecond / 2));
  }
  const { perSecond, result, endings, lost } = round;
  expect(result.failures.slice(0, 20)).toEqual([]);
  expect(result.rate).toBeGreaterThan(perSecond * 0.95);
  for (const ending of endings) {
    expect(ending, ending.name).toMatchObject({ code: 0, signal: null });
    expect(ending.seconds, ending.name).toBeLessThan(30);
  }
  expect(lost).toBe(0);
});
