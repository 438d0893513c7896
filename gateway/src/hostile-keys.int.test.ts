import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { type ApiKeyText, AppError, type ShownKey, writeApiKey } from '@plinth/contracts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { hostileKeys, makeKey } from './authenticate/hostile-keys.ts';
import { type Route, routesFor } from './routes.ts';
import {
  echo,
  LIMITS,
  PLATFORM_HEADERS,
  type SimpleAnswer,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestGatewayOptions,
  type TestUpstream,
  tokenOf,
} from './test-gateway.ts';

// API keys at the public edge. What identity knows of keys is played here, as its verdicts are: what counts is what it is asked,
// and what callers, services and the log get to see.

const HERE = '127.0.0.1';
const MANY = 1_000_000;

const keys = {
  good: makeKey(),
  deleted: makeKey(),
  expired: makeKey(),
  notYetValid: makeKey(),
  elsewhere: makeKey(),
};
const usable = [
  { key: keys.good, addresses: [HERE, '203.0.113.7'] },
  { key: keys.elsewhere, addresses: ['203.0.113.7'] },
];

const shownOf = ({ id, owner, stage, secret }: ApiKeyText): ShownKey => ({
  id,
  owner,
  stage,
  digest: hash('sha256', secret, 'base64url'),
});

const identity: NonNullable<TestGatewayOptions['exchange']> = async ({
  key,
  clientAddress,
  scope,
  token,
}) => {
  const known = usable.find((each) => isDeepStrictEqual(shownOf(each.key), key));
  if (key && !known?.addresses.includes(clientAddress ?? '')) throw new AppError('TOKEN_INVALID');
  if (scope.tenantId === 'tnt_other') throw new AppError('TENANT_NOT_FOUND');
  return {
    principal: token ? 'usr_1' : 'key_1',
    passport: `passport-of-${token ? 'usr_1' : 'key_1'}`,
    expiresAt: Date.now() / 1_000 + 60,
    limits: LIMITS,
  };
};

let upstream: TestUpstream;
const gateways: TestGateway[] = [];

async function start(more: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startGateway({
    services: { tenancy: upstream.url, identity: upstream.url },
    exchange: identity,
    addressLimits: { auth: MANY, refusals: MANY },
    ...more,
  });
  gateways.push(gateway);
  return gateway;
}

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());
afterEach(() => Promise.all(gateways.splice(0).map((gateway) => gateway.close())));

type Shown = Record<string, string | string[]>;

const show = (gateway: TestGateway, shown: Shown, path = '/v1/tenants'): Promise<SimpleAnswer> =>
  send(gateway.url + path, { headers: { ...PLATFORM_HEADERS, ...shown } });

const WAYS: [name: string, (key: string) => Record<string, string>][] = [
  ['Bearer', (key) => ({ authorization: `Bearer ${key}` })],
  ['Api-Key', (key) => ({ authorization: `Api-Key ${key}` })],
  ['X-API-Key', (key) => ({ 'x-api-key': key })],
];
const PATHS = ['/v1/tenants', '/api/v1/organizations', '/trpc/tenancy/tenant.list', '/trpc/identity/me.get'];

const everySecret = new RegExp(
  Object.values(keys)
    .map(({ secret }) => secret.slice(0, 12))
    .join('|'),
);

test('a key is read however it is shown, in every dialect, and never sent on', async () => {
  const gateway = await start();
  const key = writeApiKey(keys.good);
  for (const [name, shown] of WAYS) {
    for (const path of PATHS) {
      const { status, body } = await show(gateway, { ...shown(key), cookie: `k=${key}` }, path);
      expect([status, JSON.parse(body).headers['x-plinth-passport']], `${name} ${path}`).toEqual([
        200,
        'passport-of-key_1',
      ]);
      expect(body).not.toMatch(everySecret);
    }
  }
  expect(gateway.exchanged[0]).toMatchObject({ key: shownOf(keys.good), clientAddress: HERE });
  expect(gateway.exchanged[0]).not.toHaveProperty('token');
  // Whichever way it is shown, it is one key: a passport for each service, with and without an organization.
  expect(gateway.exchanged.length).toBeLessThanOrEqual(PATHS.length);
  expect(JSON.stringify(gateway.exchanged)).not.toMatch(everySecret);
  expect(gateway.log()).toContainEqual(expect.objectContaining({ status: 200, principal: 'key_1' }));
});

test('a token under Api-Key is a token, and its passport is good from anywhere', async () => {
  const gateway = await start({ trustedProxies: [HERE] });
  const authorization = `Api-Key ${tokenOf()}`;
  for (const address of ['203.0.113.7', '203.0.113.8']) {
    expect((await show(gateway, { authorization, 'x-forwarded-for': address })).status).toBe(200);
  }
  expect(gateway.exchanged).toEqual([expect.objectContaining({ token: expect.anything() })]);
  expect(gateway.exchanged[0]).not.toHaveProperty('clientAddress');
});

test('a key upgrades a connection, and a bad one is refused before that', async () => {
  const arrived: IncomingMessage[] = [];
  const server = new WebSocketServer({ noServer: true });
  upstream.onUpgrade = (request, socket, head) => {
    arrived.push(request);
    server.handleUpgrade(request, socket, head, (webSocket) => webSocket.close());
  };
  const routes = routesFor('keycloak').map((route): Route => ({ ...route, carrier: 'stream' }));
  const { port } = await start({ routes });
  const open = (shown: Record<string, string>) =>
    new Promise<number>((resolve) => {
      const headers = { ...PLATFORM_HEADERS, ...shown };
      const webSocket = new WebSocket(`ws://127.0.0.1:${port}/v1/tenants/tnt_1`, { headers });
      webSocket.on('error', () => undefined);
      webSocket.on('open', () => resolve(101));
      webSocket.on('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
    });
  for (const [name, shown] of WAYS) {
    expect(await open(shown(writeApiKey(keys.good))), name).toBe(101);
    expect(await open(shown(writeApiKey(keys.deleted))), name).toBe(401);
  }
  expect(arrived.map(({ headers }) => headers['x-plinth-passport'])).toEqual(
    WAYS.map(() => 'passport-of-key_1'),
  );
  expect(JSON.stringify(arrived.map(({ rawHeaders }) => rawHeaders))).not.toMatch(everySecret);
});

test('a bad key is refused in the same words, whatever is wrong with it; identity is asked only about what could be one', async () => {
  const gateway = await start();
  const shapes = new Set<string>();
  for (const hostile of hostileKeys(keys, tokenOf())) {
    const { name, status, code, asksIdentity, headers, search = '' } = hostile;
    const before = gateway.exchanged.length;
    const answer = await show(gateway, headers, `/v1/tenants${search}`);
    const { error } = JSON.parse(answer.body);
    expect([answer.status, error.code], name).toEqual([status, code]);
    expect(gateway.exchanged.length - before, name).toBe(asksIdentity ? 1 : 0);
    if (code === 'TOKEN_INVALID') {
      const { timestamp: _, ...rest } = error;
      shapes.add(
        JSON.stringify([rest, answer.headers['www-authenticate'], Object.keys(answer.headers).sort()]),
      );
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="plinth", error="invalid_token"');
    }
    expect(answer.body, name).not.toMatch(everySecret);
  }
  expect(shapes.size).toBe(1);
  expect(JSON.stringify([gateway.log(), gateway.exchanged])).not.toMatch(everySecret);
});

test('a key and what is not its organization’s: the same as nothing', async () => {
  const gateway = await start();
  const answer = await show(gateway, { 'x-api-key': writeApiKey(keys.good) }, '/v1/tenants/tnt_other');
  expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([404, 'TENANT_NOT_FOUND']);
});

test('a passport for one address serves no other', async () => {
  const gateway = await start({ trustedProxies: [HERE] });
  const from = async (address: string) =>
    (await show(gateway, { 'x-api-key': writeApiKey(keys.elsewhere), 'x-forwarded-for': address })).status;
  expect(await from('203.0.113.7')).toBe(200);
  expect(await from('203.0.113.7')).toBe(200);
  expect(gateway.exchanged).toHaveLength(1);
  expect(await from('203.0.113.8')).toBe(401);
  expect(await from('203.0.113.7')).toBe(200);
  expect(gateway.exchanged).toHaveLength(2);
});

test('malformed keys are refusals of their address, like any other', async () => {
  const gateway = await start({ addressLimits: { auth: MANY, refusals: 3 } });
  const statuses: number[] = [];
  for (let sent = 0; sent < 4; sent++)
    statuses.push((await show(gateway, { 'x-api-key': 'bpk_live_x' })).status);
  expect(statuses).toEqual([401, 401, 401, 429]);
  expect((await show(gateway, { 'x-api-key': writeApiKey(keys.good) })).status).toBe(200);
});

test('the token routes never see a key, and who reports one shows no credential', async () => {
  const gateway = await start();
  const key = writeApiKey(keys.good);
  const headersSeenAt = async (path: string, headers: Shown) => {
    const answer = await send(gateway.url + path, {
      method: 'POST',
      headers: { ...PLATFORM_HEADERS, ...headers },
      body: '{}',
    });
    expect(answer.status, answer.body).toBe(200);
    return JSON.parse(answer.body).headers;
  };
  const basic = { authorization: 'Basic Y2xpZW50OnNlY3JldA==' };
  expect(await headersSeenAt('/v1/auth/token', basic)).toMatchObject(basic);
  for (const [, shown] of WAYS) {
    expect(JSON.stringify(await headersSeenAt('/v1/auth/token', shown(key)))).not.toMatch(everySecret);
  }
  expect(await headersSeenAt('/v1/api-keys/report', basic)).not.toHaveProperty('authorization');
});

test('no line of the log holds a key, wherever it was put', async () => {
  upstream.handle = (_request, response) => response.destroy();
  const gateway = await start();
  const key = writeApiKey(keys.good);
  const shown = {
    authorization: `Bearer ${key}`,
    'user-agent': `curl ${key}`,
    'x-tool': key,
    traceparent: key,
    'x-organization-id': key,
    'idempotency-key': key,
  };
  for (const path of [`/v1/tenants/${key}`, `/v1/tenants/x${key}`, `/nothing/${key}`, '/v1/tenants'])
    await show(gateway, shown, path);
  await show(gateway, { ...shown, 'x-organization-id': 'org_1' });
  const { status, headers } = await show(gateway, { 'x-api-key': key, 'x-correlation-id': key });
  expect([status, String(headers['x-correlation-id']).length]).toEqual([400, 36]);
  const lines = JSON.stringify(gateway.log());
  expect(lines).toContain(`"exit":"BAD_GATEWAY"`);
  expect(lines).not.toMatch(everySecret);
  expect(lines).toContain(`bpk_live_${keys.good.id}_…`);
  upstream.handle = echo;
});
