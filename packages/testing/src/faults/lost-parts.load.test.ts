import { setTimeout as wait } from 'node:timers/promises';
import { DEGRADED_MODES, type DegradedPart, UPSTREAMS } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isFullSize } from '../full-size.ts';
import { call, type Part, partsOf, signIn } from './client.ts';
import { checkHistory, checkWrites, recoveryMsOf } from './history.ts';
import { type Installation, startInstallation } from './installation.ts';
import { LOSSES, type Loss, MISSING_AT_START } from './losses.ts';
import { type Caller, startTraffic } from './traffic.ts';

// Each part of the platform taken away under load, in several ways, and given back: what is answered meanwhile is what the
// table of degraded modes says, in time, and nothing that was acknowledged is lost or done twice.

const CALM_FOR_MS = 1_000;
const LOST_FOR_MS = 1_500;
let its: Installation;

/** What is not well, as every gateway says. */
async function unwell(): Promise<Part[]> {
  const parts = await Promise.all(its.fleet.urls.map(partsOf));
  return parts.flat().filter(({ status }) => status !== 'ok');
}

const untilWell = () =>
  vi.waitFor(async () => expect(await unwell()).toEqual([]), { timeout: 60_000, interval: 100 });

async function untilHealthNames(parts: readonly DegradedPart[]): Promise<void> {
  const named = new Map<string, Part>();
  const namesThem = async () => {
    for (const part of await unwell()) {
      // A service that works and lacks a part of it takes nothing along by itself.
      if (part.status !== 'degraded' || part.affects !== undefined) named.set(part.name, part);
    }
    expect([...named.keys()].sort()).toEqual([...parts].sort());
  };
  await vi.waitFor(namesThem, { timeout: 60_000, interval: 200 });
  for (const part of parts) {
    const { affects, stillWorks } = DEGRADED_MODES[part];
    expect(named.get(part)).toMatchObject({ affects, stillWorks });
  }
}

/** Signed in just now, so that its passports outlast what is to come. */
async function newCaller({ url, users }: Installation['fleet']): Promise<Caller> {
  const token: string = (await signIn(url, users.owner)).body.access_token;
  const slug = `calm-${Date.now()}`;
  const body = { slug, displayName: slug, adminEmail: 'ada@example.com' };
  const made = await call(url, 'POST', '/v1/tenants', { token, key: slug, body });
  return { token, tenantId: made.body.id };
}

const pidsOfAllBut = (service: string | undefined) =>
  its.fleet.processes.filter((process) => process.service !== service).map((process) => process.pid());

async function loseAndGetBack(loss: Loss): Promise<{ takenAt: number; backAt: number }> {
  await wait(CALM_FOR_MS);
  const takenAt = Date.now();
  try {
    await loss.take(its);
    if (!loss.isBrief) {
      await untilHealthNames(loss.parts);
      await wait(LOST_FOR_MS);
    }
  } finally {
    await loss.giveBack(its);
  }
  const backAt = Date.now();
  await untilWell();
  await wait(Math.max(0, backAt + recoveryMsOf(loss.parts) + CALM_FOR_MS - Date.now()));
  return { takenAt, backAt };
}

async function loseUnderLoad(loss: Loss): Promise<void> {
  const { fleet } = its;
  await untilWell();
  const caller = await newCaller(fleet);
  const pids = pidsOfAllBut(loss.ends);
  const traffic = startTraffic(fleet, caller);
  const { takenAt, backAt } = await loseAndGetBack(loss).finally(traffic.stop);
  const { history } = traffic;

  checkHistory(history, { loss, takenAt, backAt, stallMs: traffic.stallMs() });
  await checkWrites(fleet, caller, traffic.writes);
  expect(pidsOfAllBut(loss.ends)).toEqual(pids);
}

describe.runIf(isFullSize)('under load', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    its = await startInstallation();
  });
  afterAll(() => its?.stop());

  test.each(Object.entries(LOSSES))('%s', (_, loss) => loseUnderLoad(loss));

  test('started without Keycloak and Redis, the platform waits for them and heals by itself', async () => {
    const { fleet, keycloak, redis } = its;
    await untilWell();
    const { token, tenantId } = await newCaller(fleet);
    const [identities, gateways] = [fleet.replicasOf('identity'), fleet.replicasOf('gateway')];
    await Promise.all([...identities, ...gateways].map((process) => process.kill('SIGKILL')));
    await Promise.all([keycloak.end('SIGTERM'), redis.end('SIGTERM')]);
    await Promise.all(identities.map((process) => process.start()));
    await Promise.all(gateways.map((process) => process.start()));
    const pids = pidsOfAllBut(undefined);

    await untilHealthNames(MISSING_AT_START.providerAndRedis);
    const read = () => call(fleet.url, 'GET', `/v1/tenants/${tenantId}`, { token });
    for (const answer of [await signIn(fleet.url, fleet.users.owner), await read()]) {
      expect(answer).toMatchObject({ status: 503, code: 'AUTH_UNAVAILABLE', isCorrelated: true });
      expect(answer.retryAfter).not.toBeNull();
    }

    await Promise.all([keycloak.start(), redis.start()]);
    const backAt = Date.now();
    await untilWell();
    expect(Date.now() - backAt).toBeLessThan(recoveryMsOf(MISSING_AT_START.providerAndRedis) + 15_000);
    expect((await signIn(fleet.url, fleet.users.owner)).status).toBe(200);
    expect(await read()).toMatchObject({ status: 200, degraded: null });
    expect(pidsOfAllBut(undefined)).toEqual(pids);
  });

  test('started without Postgres, services wait for it, say so once, and do not end', async () => {
    const { fleet, postgres } = its;
    await untilWell();
    const services = UPSTREAMS.flatMap((service) => fleet.replicasOf(service));
    await Promise.all(services.map((process) => process.kill('SIGKILL')));
    await postgres.end('SIGINT');
    const starting = Promise.all(services.map((process) => process.start()));
    await untilHealthNames(MISSING_AT_START.postgres);
    expect(await signIn(fleet.url, fleet.users.owner)).toMatchObject({ status: 503 });
    const pids = pidsOfAllBut(undefined);
    // What each says in the life that has just begun.
    const complaints = () =>
      services.map(({ name, log }) => {
        const lastLife = log().split(`[${name} ended:`).at(-1) ?? '';
        return lastLife.split('the database is not up yet').length - 1;
      });
    await vi.waitFor(() => expect(complaints()).toEqual(services.map(() => 1)), { timeout: 60_000 });
    await wait(LOST_FOR_MS);

    await postgres.start();
    await starting;
    await untilWell();
    expect((await signIn(fleet.url, fleet.users.owner)).status).toBe(200);
    expect(pidsOfAllBut(undefined)).toEqual(pids);
    expect(complaints()).toEqual(services.map(() => 1));
  });
});
