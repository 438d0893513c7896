import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AppError,
  NEWEST_REVOCATION,
  REVOCATION_STREAM,
  type RevocationSubject,
  type RevocationsSince,
  writeApiKey,
} from '@plinth/contracts';
import { elapsed } from '@plinth/testing';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { makeKey } from '../authenticate/hostile-keys.ts';
import { type Route, routesFor } from '../routes.ts';
import {
  callerHeaders,
  LIMITS,
  PLATFORM_HEADERS,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestGatewayOptions,
  type TestUpstream,
} from '../test-gateway.ts';

// A gateway, or two, that keep passports of which one after the other is revoked. Identity is played here: a passport
// stands on the tenant that it was asked for, and knows of all that was revoked until then.

const ROUTES: Route[] = routesFor('keycloak').map((route) =>
  route.prefix === '/v1/workspaces' ? { ...route, carrier: 'stream' } : route,
);
/** A machine may stand still for longer than a gateway waits for Redis, which then proves nothing here. */
const PATIENT_MS = 5_000;
const MUTATION = { 'idempotency-key': 'revocation-test' };

let upstream: TestUpstream;
let identity: ReturnType<typeof startIdentity>;
const gateways: TestGateway[] = [];

function startIdentity() {
  const revoked: RevocationsSince['revocations'] = [];
  const state = { refused: new Set<string>(), isAway: false, asked: 0 };
  return {
    state,
    revoke(subject: RevocationSubject): number {
      const sequence = revoked.length + 1;
      revoked.push({ subject, sequence });
      return sequence;
    },
    options: {
      pollMs: 50,
      async revocationsSince(after = 0) {
        state.asked += 1;
        if (state.isAway) throw new Error('away');
        return {
          sequence: revoked.length,
          revocations: revoked.filter(({ sequence }) => sequence > after),
          hasMore: false,
        };
      },
      async exchange({ scope, key }) {
        const id = scope.tenantId ?? scope.workspaceId ?? 'none';
        if (state.refused.has(id)) throw new AppError('TOKEN_REVOKED');
        if (key && state.refused.has(key.id)) throw new AppError('TOKEN_INVALID');
        const principal: RevocationSubject = key ? `key:${key.id}` : 'principal:usr_1';
        const subjects: RevocationSubject[] = [principal, `tenant:${id}`];
        const expiresAt = Date.now() / 1_000 + 60;
        return { passport: 'p', expiresAt, limits: LIMITS, subjects, sequence: revoked.length };
      },
    } satisfies TestGatewayOptions,
  };
}

async function start(more: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startGateway({
    routes: ROUTES,
    services: { tenancy: upstream.url },
    ...identity.options,
    ...more,
  });
  gateways.push(gateway);
  return gateway;
}

const headers = callerHeaders();
const read = ({ url }: TestGateway, path: string, as: Record<string, string> = headers) =>
  send(`${url}${path}`, { headers: as });
const change = ({ url }: TestGateway, path: string) =>
  send(`${url}${path}`, { method: 'DELETE', headers: { ...headers, ...MUTATION } });

function follow(
  gateway: TestGateway,
  path: string,
  as: Record<string, string> = headers,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(`${gateway.url}${path}`, { headers: as, agent: false }, (answer) => {
      answer.on('error', () => undefined);
      answer.once('data', () => resolve(answer));
    });
    request.on('error', reject);
  });
}

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    const revokes = new URL(request.url ?? '', 'http://x').searchParams.get('revokes');
    if (request.url?.includes('/events')) return void response.writeHead(200).write('data: 1\n\n');
    response.writeHead(200, revokes ? { 'X-Plinth-Revoked': revokes } : {}).end('{}');
  });
});
afterAll(() => upstream.close());
beforeEach(() => {
  identity = startIdentity();
});
afterEach(() => Promise.all(gateways.splice(0).map((gateway) => gateway.close())));

describe('an answer that revokes', () => {
  test.each(['/v1/tenants/tnt_1', '/v1/workspaces/tnt_1'])(
    'is heard by the gateway that carries it, and by nobody outside: %s',
    async (path) => {
      const gateway = await start({ pollMs: 60_000 });
      await read(gateway, path);
      await read(gateway, '/v1/tenants/tnt_2');
      expect((await read(gateway, path)).status).toBe(200);
      expect(gateway.exchanged).toHaveLength(2);
      identity.state.refused.add('tnt_1');
      const answer = await change(gateway, `${path}?revokes=tenant:tnt_1`);
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty('x-plinth-revoked');
      const next = await read(gateway, path);
      expect([next.status, JSON.parse(next.body).error.code]).toEqual([401, 'TOKEN_REVOKED']);
      expect(next.headers['www-authenticate']).toContain('invalid_token');
      expect((await read(gateway, '/v1/tenants/tnt_2')).status).toBe(200);
      expect(gateway.exchanged).toHaveLength(3);
    },
  );

  test('is heard by a request whose body is still on its way', async () => {
    const gateway = await start({ pollMs: 60_000 });
    const slow = request(`${gateway.url}/v1/tenants/tnt_1`, {
      method: 'PATCH',
      headers: { ...headers, ...MUTATION, 'content-type': 'application/json', 'content-length': '2' },
    });
    const answered = new Promise<IncomingMessage>((resolve) => slow.once('response', resolve));
    slow.write('{');
    await expect.poll(() => gateway.exchanged.length).toBe(1);
    await change(gateway, '/v1/tenants/tnt_2?revokes=tenant:tnt_1');
    slow.end('}');
    const answer = await answered;
    expect([answer.statusCode, JSON.parse(await text(answer)).error.code]).toEqual([503, 'AUTH_UNAVAILABLE']);
  });

  test('of a service is believed, of a caller is not', async () => {
    const gateway = await start({ pollMs: 60_000 });
    await read(gateway, '/v1/tenants/tnt_1');
    await send(`${gateway.url}/v1/tenants/tnt_1`, {
      headers: { ...headers, 'x-plinth-revoked': 'tenant:tnt_1' },
    });
    await read(gateway, '/v1/tenants/tnt_1');
    expect(gateway.exchanged).toHaveLength(1);
  });
});

describe('an API key that is deleted', () => {
  const key = makeKey();
  const withKey = { ...PLATFORM_HEADERS, 'x-api-key': writeApiKey(key) };
  const other = { ...PLATFORM_HEADERS, 'x-api-key': writeApiKey(makeKey()) };

  test('is refused by the next request through the gateway that carried it, and no other key is', async () => {
    const gateway = await start({ pollMs: 60_000 });
    for (const as of [withKey, other, withKey, other])
      expect((await read(gateway, '/v1/tenants/tnt_1', as)).status).toBe(200);
    expect(gateway.exchanged).toHaveLength(2);
    identity.state.refused.add(key.id);
    await change(gateway, `/v1/tenants/tnt_2?revokes=key:${key.id}`);
    const refused = await read(gateway, '/v1/tenants/tnt_1', withKey);
    expect([refused.status, JSON.parse(refused.body).error.code]).toEqual([401, 'TOKEN_INVALID']);
    expect((await read(gateway, '/v1/tenants/tnt_1', other)).status).toBe(200);
    expect(gateway.exchanged).toHaveLength(4);
  });

  test('is refused within a second by one that has to ask, and what it has open there ends', async () => {
    const gateway = await start({ pollMs: 750 });
    const mine = await follow(gateway, '/v1/workspaces/tnt_1/events', withKey);
    const others = await follow(gateway, '/v1/workspaces/tnt_1/events', other);
    const ended = new Promise((resolve) => mine.once('close', resolve));
    identity.state.refused.add(key.id);
    identity.revoke(`key:${key.id}`);
    // One second, and what a machine with too much to do adds.
    expect(await elapsed(() => ended)).toBeLessThan(5_000);
    expect((await read(gateway, '/v1/tenants/tnt_1', withKey)).status).toBe(401);
    expect(others.destroyed).toBe(false);
  });
});

test('without Redis every gateway hears of it by asking', async () => {
  const both = [await start({ pollMs: 750 }), await start({ pollMs: 750 })];
  for (const gateway of both) expect((await read(gateway, '/v1/tenants/tnt_1')).status).toBe(200);
  identity.state.refused.add('tnt_1');
  identity.revoke('tenant:tnt_1');
  for (const gateway of both) {
    const status = async () => (await read(gateway, '/v1/tenants/tnt_1')).status;
    // One second, and what a machine with too much to do adds; its passport would be good for a minute.
    await expect.poll(status).toBe(401);
    expect((await read(gateway, '/v1/tenants/tnt_2')).status).toBe(200);
  }
});

test('while nobody confirms it changes are refused and reading goes on, until somebody does', async () => {
  let now = 0;
  const gateway = await start({ clock: () => now });
  const typed = `${gateway.url}/trpc/tenancy/tenant.update`;
  const post = { method: 'POST', headers: { ...headers, ...MUTATION }, body: '{}' };
  expect((await change(gateway, '/v1/tenants/tnt_1')).status).toBe(200);
  expect((await send(typed, post)).status).toBe(200);
  identity.state.isAway = true;
  const { asked } = identity.state;
  // Whatever it was asked before is answered by then.
  await expect.poll(() => identity.state.asked).toBeGreaterThan(asked + 1);
  now = 4_000;
  expect((await change(gateway, '/v1/tenants/tnt_1')).status).toBe(200);
  now = 6_000;
  const refused = await change(gateway, '/v1/tenants/tnt_1');
  expect([refused.status, JSON.parse(refused.body).error.code]).toEqual([503, 'REVOCATIONS_UNCONFIRMED']);
  expect(refused.headers['retry-after']).toBe('1');
  const { error } = JSON.parse((await send(typed, post)).body);
  expect(error.data).toMatchObject({ code: 'REVOCATIONS_UNCONFIRMED', retryAfter: 1 });
  expect((await read(gateway, '/v1/tenants/tnt_1')).status).toBe(200);
  expect(await gateway.metrics()).toMatch(/plinth_gateway_revocations_age_seconds\{[^}]*\} [6-9]/);
  identity.state.isAway = false;
  await expect.poll(async () => (await change(gateway, '/v1/tenants/tnt_1')).status).toBe(200);
});

test('signing in goes on while nothing is confirmed', async () => {
  identity.state.isAway = true;
  let later = 0;
  const gateway = await start({
    services: { identity: upstream.url },
    clock: () => performance.now() + later,
  });
  later = 6_000;
  const answer = await send(`${gateway.url}/v1/auth/token`, { method: 'POST', headers, body: '{}' });
  expect(answer.status).toBe(200);
});

describe('what is open', () => {
  test('ends within a second of its being revoked, and nothing else does', async () => {
    const gateway = await start();
    const [one, two] = [
      await follow(gateway, '/v1/workspaces/tnt_1/events'),
      await follow(gateway, '/v1/workspaces/tnt_2/events'),
    ];
    const ended = new Promise((resolve) => one.once('close', resolve));
    identity.revoke('tenant:tnt_1');
    // One second, and what a machine with too much to do adds.
    expect(await elapsed(() => ended)).toBeLessThan(5_000);
    expect(one.complete).toBe(false);
    expect(two.destroyed).toBe(false);
    const again = await follow(gateway, '/v1/workspaces/tnt_1/events');
    await sleep(150);
    expect([two.destroyed, again.destroyed]).toEqual([false, false]);
    await expect.poll(() => upstream.connections()).toBeLessThanOrEqual(3);
    expect(gateway.log()).toContainEqual(expect.objectContaining({ exit: 'TOKEN_REVOKED' }));
  });

  test('ends for a WebSocket too', async () => {
    const server = new WebSocketServer({ noServer: true });
    upstream.onUpgrade = (request, socket, head) => server.handleUpgrade(request, socket, head, () => {});
    const gateway = await start();
    const webSocket = new WebSocket(`ws://127.0.0.1:${gateway.port}/v1/workspaces/tnt_1`, { headers });
    webSocket.on('error', () => undefined);
    await once(webSocket, 'open');
    const closed = once(webSocket, 'close');
    identity.revoke('principal:usr_1');
    const [code] = await closed;
    expect(code).toBe(1006);
  });
});

// biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Redis.
const redisUrl = process.env.PLINTH_TEST_REDIS_URL;

describe.runIf(redisUrl)('with Redis', () => {
  // A database of its own: the stream has one name for all.
  const url = `${redisUrl}/9`;
  let client: Redis;
  beforeAll(() => {
    client = new Redis(url);
  });
  afterAll(() => client.disconnect());
  const lose = () => client.del(REVOCATION_STREAM, NEWEST_REVOCATION);
  beforeEach(lose);

  async function tell(subject: string, sequence: number): Promise<void> {
    const id = await client.xadd(REVOCATION_STREAM, '*', 'subject', subject, 'sequence', sequence);
    await client.set(NEWEST_REVOCATION, String(id));
  }

  async function startTwo() {
    await tell('', 0);
    const limits = [{ policy: 'principal', key: randomUUID(), quota: 1_000, windowSeconds: 3_600 }];
    const exchange: TestGatewayOptions['exchange'] = async (input) => ({
      ...(await identity.options.exchange(input)),
      limits,
    });
    const more = { redisUrl: url, redisWithinMs: PATIENT_MS, pollMs: 60_000, exchange };
    return [await start(more), await start(more)] as const;
  }

  const remaining = (answer: Awaited<ReturnType<typeof read>>): number =>
    Number(/r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1]);

  test('the next request through any gateway is refused, and counted once', async () => {
    const both = await startTwo();
    for (const gateway of both) {
      await expect
        .poll(async () => (await read(gateway, '/v1/tenants/tnt_1')).headers['x-degraded'])
        .toBeUndefined();
      await read(gateway, '/v1/tenants/tnt_2');
    }
    const before = remaining(await read(both[0], '/v1/tenants/tnt_2'));
    identity.state.refused.add('tnt_1');
    await tell('tenant:tnt_1', identity.revoke('tenant:tnt_1'));
    for (const gateway of both) {
      const asked = gateway.exchanged.length;
      expect((await read(gateway, '/v1/tenants/tnt_1')).status).toBe(401);
      expect((await read(gateway, '/v1/tenants/tnt_2')).status).toBe(200);
      expect(gateway.exchanged).toHaveLength(asked + 1);
    }
    identity.state.refused.clear();
    const after = await read(both[0], '/v1/tenants/tnt_1');
    expect(after.status).toBe(200);
    // Two refused, two served and this one.
    expect(before - remaining(after)).toBe(5);
  });

  test('a deleted key is refused by the next request through any gateway', async () => {
    const key = makeKey();
    const withKey = { ...PLATFORM_HEADERS, 'x-api-key': writeApiKey(key) };
    const both = await startTwo();
    for (const gateway of both) {
      const degraded = async () => (await read(gateway, '/v1/tenants/tnt_1', withKey)).headers['x-degraded'];
      await expect.poll(degraded).toBeUndefined();
    }
    identity.state.refused.add(key.id);
    await tell(`key:${key.id}`, identity.revoke(`key:${key.id}`));
    for (const gateway of both) expect((await read(gateway, '/v1/tenants/tnt_1', withKey)).status).toBe(401);
  });

  test('a stream that is there confirms without identity, and one that is lost does not', async () => {
    identity.state.isAway = true;
    let later = 0;
    await tell('', 0);
    const gateway = await start({
      redisUrl: url,
      redisWithinMs: PATIENT_MS,
      clock: () => performance.now() + later,
    });
    await expect
      .poll(async () => (await read(gateway, '/v1/tenants/tnt_1')).headers['x-degraded'])
      .toBeUndefined();
    later = 6_000;
    expect((await change(gateway, '/v1/tenants/tnt_1')).status).toBe(200);
    await lose();
    later = 12_000;
    expect((await change(gateway, '/v1/tenants/tnt_1')).status).toBe(503);
    identity.state.refused.add('tnt_1');
    await tell('tenant:tnt_1', identity.revoke('tenant:tnt_1'));
    expect((await change(gateway, '/v1/tenants/tnt_1')).status).toBe(401);
    expect((await change(gateway, '/v1/tenants/tnt_2')).status).toBe(200);
  });
});
