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
const RATES = [60, 120, 240, 480, 700, PROMISED / SHARE];
const TRY_MS = 6_000;
const HOLDS_WITHIN_MS = 300;
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
  await tryRate(RATES[0] ?? 0);
  let holds: number | undefined;
  for (const perSecond of RATES) {
    const { failed, p99 } = await tryRate(perSecond);
    if (failed > 0 || p99 > HOLDS_WITHIN_MS) break;
    holds = perSecond;
  }
  if (!holds) throw new Error('this machine is too busy for any load');
  return Math.min(PROMISED, Math.floor(holds * SHARE));
}

test('a rolling restart of every service and every gateway fails no request', {
  timeout: 300_000,
}, async () => {
  const perSecond = await rateToHold();
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
  const result = await load.stop();
  const after = await traffic.workspaces();
  console.log({ perSecond, result, endings });

  expect(result.failures).toEqual([]);
  expect(result.failed).toBe(0);
  expect(result.rate).toBeGreaterThan(perSecond * 0.95);
  for (const ending of endings) {
    expect(ending, ending.name).toMatchObject({ code: 0, signal: null });
    expect(ending.seconds, ending.name).toBeLessThan(30);
  }
  expect(after.there - before.there).toBe(after.asked - before.asked);
});
