import { readApiKey } from '@plinth/contracts';
import { type Fleet, isFullSize, startFleet } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { platform } from './api.ts';
import { createClient } from './fleet-client.ts';

// API keys before two gateways that share nothing, and what is left of them in the log of every process.

/** Only once: the tests of this folder run twice where everything real is there. */
describe.runIf(isFullSize && platform.urls.length === 1)('keys at gateways without Redis', () => {
  let fleet: Fleet;
  let client: ReturnType<typeof createClient>;
  beforeAll(async () => {
    fleet = await startFleet({
      replicas: { identity: 1, tenancy: 1 },
      settings: { LOG_LEVEL: 'debug' },
      settingsOf: () => ({ REDIS_URL: '' }),
    });
    client = createClient(fleet);
    await client.signIn();
  });
  afterAll(() => fleet?.stop());

  async function newKey(): Promise<{ id: string; key: string; secret: string }> {
    const wanted = { name: 'Fleet', role: 'general:read', expiresIn: '7d' };
    const { status, body } = await client.send(client.first, 'POST', '/v1/api-keys', wanted);
    expect(status, JSON.stringify(body)).toBe(201);
    return { id: body.id, key: body.key, secret: readApiKey(body.key)?.secret ?? '' };
  }

  const use = async (url: string, key: string) =>
    (await client.send(url, 'GET', '/v1/tenants', undefined, key)).status;

  test('a deleted key is refused at once where it was deleted, and in a second elsewhere', async () => {
    const { first, second, send } = client;
    const waits: number[] = [];
    for (let round = 0; round < 5; round++) {
      const { id, key } = await newKey();
      for (const url of [first, second]) expect(await use(url, key)).toBe(200);
      expect((await send(first, 'DELETE', `/v1/api-keys/${id}`)).status).toBe(200);
      const deletedAt = performance.now();
      expect(await use(first, key)).toBe(401);
      await expect.poll(() => use(second, key), { interval: 20 }).toBe(401);
      waits.push(Math.round(performance.now() - deletedAt));
    }
    console.info(`the other gateway knew after ${waits.join(', ')} ms`);
  });

  test('a rotated key that ends at once is refused as one that is deleted', async () => {
    const { first, second, send } = client;
    const { id, key } = await newKey();
    for (const url of [first, second]) expect(await use(url, key)).toBe(200);
    const rotated = await send(first, 'POST', `/v1/api-keys/${id}/rotate`, { overlapSeconds: 0 });
    expect(await use(first, key)).toBe(401);
    await expect.poll(() => use(second, key), { interval: 20 }).toBe(401);
    for (const url of [first, second]) expect(await use(url, rotated.body.key)).toBe(200);
  });

  test('when a key was used is known after identity has stopped, and what was revoked stays so', async () => {
    const { first, second, send } = client;
    const [identity] = fleet.replicasOf('identity');
    const [used, deleted] = [await newKey(), await newKey()];
    for (const { key } of [used, deleted]) expect(await use(first, key)).toBe(200);
    await send(first, 'DELETE', `/v1/api-keys/${deleted.id}`);
    await identity?.restart('SIGTERM');
    const { body } = await send(first, 'GET', `/v1/api-keys/${used.id}`);
    expect(body).toMatchObject({ lastUsedAt: expect.any(String), lastUsedFrom: '127.0.0.1' });
    for (const url of [first, second]) {
      expect(await use(url, deleted.key)).toBe(401);
      await expect.poll(() => use(url, used.key), { interval: 100 }).toBe(200);
    }
  });

  test('no line of any log holds a key, wherever a caller puts it', async () => {
    const { first, second, send } = client;
    const { id, key, secret } = await newKey();
    const shown = { 'user-agent': `tool ${key}`, 'x-tool': key };
    const anywhere = { name: key, slug: key, [key]: key, role: key, adminEmail: key };
    for (const url of [first, second]) {
      for (const path of [`/v1/tenants/${key}`, '/v1/tenants', `/v1/api-keys/${key}`, `/nothing/${key}`]) {
        await send(url, 'GET', path, undefined, key, shown);
        await send(url, 'GET', `${path}?cursor=${key}`);
        await send(url, 'POST', path, anywhere, key, shown);
        await send(url, 'POST', path, anywhere, undefined, { ...shown, 'idempotency-key': key });
      }
      await send(url, 'GET', '/v1/tenants', undefined, key, { 'x-correlation-id': key });
      await send(url, 'POST', '/v1/auth/token', { grant_type: 'password', username: key, password: key });
      await send(url, 'GET', '/v1/tenants', undefined, `${key.slice(0, -1)}x`, shown);
    }
    await send(first, 'DELETE', `/v1/api-keys/${id}`);
    // Lines are written many at a time, 50 ms late at most.
    const isLogged = (text: string) => fleet.logs().includes(text);
    await expect.poll(() => isLogged('apiKey.remove')).toBe(true);
    expect(isLogged(secret.slice(0, 12))).toBe(false);
    expect(isLogged(`${key.slice(0, 22)}…`)).toBe(true);
  });
});
