import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS } from '@plinth/contracts';
import { type Fleet, isFullSize, startFleet } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { platform } from './api.ts';
import { createClient } from './fleet-client.ts';

// Two gateways, and what one of them carries that the other has to hear of: the plan of a tenant, whose limits every answer
// tells. Each gateway keeps a passport that says the old plan.

const hasRedis = isFullSize && process.env.PLINTH_TEST_REDIS_URL !== undefined;

/** As a service does that has taken something away. */
async function revoke(fleet: Fleet, subject: string): Promise<void> {
  const [identity] = fleet.replicasOf('identity');
  const revocation = { id: randomUUID(), subjects: [subject], revokedAt: new Date().toISOString() };
  const response = await fetch(`${identity?.url}/internal/revocation.push`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [HEADERS.serviceToken]: await fleet.serviceToken('tenancy', 'identity'),
    },
    body: JSON.stringify({ revocations: [revocation] }),
  });
  expect(response.status, await response.text()).toBe(200);
}

/** Only once: the tests of this folder run twice where everything real is there. */
describe.runIf(hasRedis && platform.urls.length === 1)('gateways on one Redis', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet();
  });
  afterAll(() => fleet?.stop());

  test('know of a change in the very next request', async () => {
    const { first, second, send, sendShared, signIn, newTenant } = createClient(fleet);
    await signIn();
    const path = await newTenant();
    for (let round = 0; round < 20; round++) {
      const [here, there] = round % 2 ? [first, second] : [second, first];
      const before = (await sendShared(there, 'GET', path)).quota;
      const plan = round % 2 ? 'starter' : 'pro';
      expect((await send(here, 'PATCH', path, { plan })).status).toBe(200);
      const [next, own] = [await sendShared(there, 'GET', path), await sendShared(here, 'GET', path)];
      // The limits of a request are those it came in with; the passport was exchanged before its service heard of it.
      expect(next.body.plan).toBe(plan);
      expect((await sendShared(there, 'GET', path)).quota, `round ${round}`).not.toBe(before);
      expect(own.quota).not.toBe(before);
    }
  });

  test('refuse a key that was deleted in the very next request', async () => {
    const { first, second, send, sendShared, signIn } = createClient(fleet);
    await signIn();
    const wanted = { name: 'Fleet', role: 'general:read', expiresIn: '7d' };
    for (let round = 0; round < 20; round++) {
      const [here, there] = round % 2 ? [first, second] : [second, first];
      const { id, key } = (await send(here, 'POST', '/v1/api-keys', wanted)).body;
      for (const url of [here, there])
        expect((await send(url, 'GET', '/v1/tenants', undefined, key)).status).toBe(200);
      expect((await send(here, 'DELETE', `/v1/api-keys/${id}`)).status).toBe(200);
      for (const url of [there, here])
        expect((await sendShared(url, 'GET', '/v1/tenants', undefined, key)).status, `round ${round}`).toBe(
          401,
        );
    }
  });

  test('refuse who is signed out at once, and let in who signs in anew', async () => {
    const { first, second, send, sendShared, signIn, subjects, newTenant } = createClient(fleet);
    await signIn();
    const path = await newTenant();
    for (const kind of ['session', 'principal']) {
      const subject = (await subjects()).find((one) => one.startsWith(`${kind}:`)) ?? '';
      await revoke(fleet, subject);
      for (const url of [second, first]) {
        const refused = await sendShared(url, 'GET', path);
        expect([refused.status, refused.body.error?.code], subject).toEqual([401, 'TOKEN_REVOKED']);
      }
      await signIn();
      for (const url of [first, second]) expect((await send(url, 'GET', path)).status).toBe(200);
    }
  });
});

describe.runIf(isFullSize && platform.urls.length === 1)('gateways without Redis', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      replicas: { identity: 1, tenancy: 1 },
      settingsOf: () => ({ REDIS_URL: '' }),
    });
  });
  afterAll(() => fleet?.stop());

  test('know of it in a second, and refuse changes while nobody can tell', async () => {
    const { first, second, send, signIn, newTenant } = createClient(fleet);
    const [identity] = fleet.replicasOf('identity');
    if (!identity) throw new Error('there is no identity');
    await signIn();
    const path = await newTenant();
    const quotaAt = async (url: string) => (await send(url, 'GET', path)).quota;
    const starter = await quotaAt(second);

    expect((await send(first, 'PATCH', path, { plan: 'pro' })).status).toBe(200);
    const changedAt = performance.now();
    const pro = await quotaAt(first);
    expect(pro).toBeGreaterThan(starter);
    await expect.poll(() => quotaAt(second), { interval: 50 }).toBe(pro);
    console.info(`the other gateway knew after ${Math.round(performance.now() - changedAt)} ms`);

    // Identity goes away: a change is still made, answered, and kept for later; then nothing is changed any more.
    await identity.kill();
    const untold = await send(second, 'PATCH', path, { plan: 'starter' });
    expect(untold.status).toBe(200);
    await sleep(5_500);
    const refused = await send(first, 'PATCH', path, { displayName: 'New' });
    expect([refused.status, refused.body.error.code]).toEqual([503, 'REVOCATIONS_UNCONFIRMED']);
    expect((await send(first, 'GET', path)).status).toBe(200);
    const health = (await send(first, 'GET', '/v1/platform/health')).body;
    expect(health.dependencies).toContainEqual(
      expect.objectContaining({ name: 'gateway.revocations', status: 'degraded' }),
    );

    // It comes back with all that it knew, and hears of what it missed.
    await identity.start();
    await expect.poll(() => quotaAt(first), { interval: 100 }).toBe(starter);
    const recovered = async () => (await send(first, 'PATCH', path, { displayName: 'New' })).status;
    await expect.poll(recovered, { interval: 100 }).toBe(200);
    expect((await send(first, 'PATCH', path, { plan: 'pro' })).status).toBe(200);
    await expect.poll(() => quotaAt(second), { interval: 50 }).toBe(pro);
  });
});
