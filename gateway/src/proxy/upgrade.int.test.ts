import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type Route, routesFor } from '../routes.ts';
import {
  callerHeaders,
  PLATFORM_HEADERS,
  sendRaw,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from '../test-gateway.ts';

const ROUTES: Route[] = routesFor('keycloak').map((route) => ({ ...route, carrier: 'stream' }));

let upstream: TestUpstream;
let gateway: TestGateway;
let arrived: Record<string, string | string[] | undefined>;
let opened: WebSocket | undefined;

beforeAll(async () => {
  const server = new WebSocketServer({ noServer: true });
  server.on('headers', (headers) => {
    headers.push('X-Plinth-Internal: 1', 'X-Correlation-Id: of-the-service');
  });
  upstream = await startUpstream();
  upstream.onUpgrade = (request, socket, head) => {
    arrived = request.headers;
    if (request.url === '/v1/tenants/hang') return;
    if (request.url === '/v1/tenants/reset') return void socket.resetAndDestroy();
    if (request.url === '/v1/tenants/refused')
      return void socket.end(
        'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Plinth-Internal: 1\r\nContent-Type: text/plain\r\n\r\nno',
      );
    server.handleUpgrade(request, socket, head, (webSocket) => {
      opened = webSocket;
      webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
    });
  };
  gateway = await startGateway({
    routes: ROUTES,
    services: { tenancy: upstream.url },
    answerWithinMs: { json: 1_500, stream: 1_500 },
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const open = (path: string, headers: Record<string, string>) =>
  new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, { headers });

interface Refusal {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

function refusalOf(path: string, headers: Record<string, string>): Promise<Refusal> {
  const webSocket = open(path, headers);
  return new Promise((resolve, reject) => {
    webSocket.on('open', () => reject(new Error('it was opened')));
    webSocket.on('error', () => undefined);
    webSocket.on('unexpected-response', (_request, answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
  });
}

test('a WebSocket echoes through the gateway, under the same policy and with clean headers both ways', async () => {
  const webSocket = open('/v1/tenants/tnt_1', {
    ...callerHeaders(),
    'x-plinth-passport': 'forged',
    'X-Plinth-Other': 'forged',
    'x-forwarded-for': '1.2.3.4',
    'x-custom': 'kept',
  });
  const answer = await new Promise<Record<string, unknown>>((resolve, reject) => {
    webSocket.on('upgrade', ({ headers }) => resolve(headers));
    webSocket.on('error', reject);
  });
  expect(answer['x-correlation-id']).toBe('test-correlation-1');
  expect(answer['x-api-version']).toBe('2024-01-01');
  expect(answer.ratelimit).toContain('"principal"');
  expect(answer).not.toHaveProperty('x-plinth-internal');

  expect(arrived).toMatchObject({ 'x-custom': 'kept', 'x-forwarded-for': '127.0.0.1' });
  expect(arrived).not.toHaveProperty('x-plinth-other');
  expect(arrived).not.toHaveProperty('authorization');
  expect(arrived['x-plinth-passport']).not.toBe('forged');

  if (webSocket.readyState !== WebSocket.OPEN)
    await new Promise((resolve) => webSocket.once('open', resolve));
  for (const message of ['one', 'two', 'x'.repeat(200_000)]) {
    const echoed = new Promise<string>((resolve) =>
      webSocket.once('message', (data) => resolve(String(data))),
    );
    webSocket.send(message);
    expect(await echoed).toBe(message);
  }
  const closed = new Promise((resolve) => opened?.once('close', resolve));
  webSocket.close();
  await closed;
});

test('bytes sent right behind the handshake are not lost', async () => {
  const socket = connect((gateway.server.address() as AddressInfo).port, '127.0.0.1');
  const headers = Object.entries(callerHeaders()).map(([name, value]) => `${name}: ${value}\r\n`);
  const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
  socket.write(
    Buffer.concat([
      Buffer.from(
        `GET /v1/tenants HTTP/1.1\r\nHost: x\r\n${headers.join('')}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      ),
      frame,
    ]),
  );
  let received = Buffer.alloc(0);
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
  });
  await expect.poll(() => received.subarray(-4)).toEqual(Buffer.from([0x81, 2, 0x68, 0x69]));
  socket.destroy();
});

test.each([
  ['without a credential', PLATFORM_HEADERS, '/v1/tenants', 401, 'UNAUTHENTICATED'],
  [
    'with a bad token',
    { ...PLATFORM_HEADERS, authorization: 'Bearer x' },
    '/v1/tenants',
    401,
    'TOKEN_INVALID',
  ],
  ['without any header', {}, '/v1/tenants', 400, 'HEADER_REQUIRED'],
  ['to a service that hangs', undefined, '/v1/tenants/hang', 504, 'UPSTREAM_TIMEOUT'],
  ['to a service that resets', undefined, '/v1/tenants/reset', 502, 'BAD_GATEWAY'],
])('an upgrade %s is answered, not upgraded', async (_, headers, path, status, code) => {
  const refusal = await refusalOf(path, headers ?? callerHeaders());
  expect(refusal.status).toBe(status);
  const { error } = JSON.parse(refusal.body);
  expect(error.code).toBe(code);
  expect(refusal.headers['x-correlation-id']).toBe(error.correlationId);
  expect(refusal.headers.connection).toBe('close');
});

test('an upgrade in the typed dialect is refused in its words', async () => {
  const { status, body } = await refusalOf('/trpc/tenancy/events', {});
  expect(status).toBe(401);
  expect(JSON.parse(body).error.data.code).toBe('UNAUTHENTICATED');
});

test('a refusal by the service comes through', async () => {
  const refusal = await refusalOf('/v1/tenants/refused', callerHeaders());
  expect(refusal).toMatchObject({ status: 403, body: 'no' });
  expect(refusal.headers['x-correlation-id']).toBe('test-correlation-1');
  expect(refusal.headers).not.toHaveProperty('x-plinth-internal');
});

test('a path that is not there is no upgrade either', async () => {
  const { status } = await refusalOf('/v1/nothing', callerHeaders());
  expect(status).toBe(404);
});

test('a caller that hangs up during the handshake does no harm', async () => {
  const headers = Object.entries(callerHeaders()).map(([name, value]) => `${name}: ${value}\r\n`);
  for (let i = 0; i < 5; i++) {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(
      `GET /v1/tenants/hang HTTP/1.1\r\nHost: x\r\n${headers.join('')}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await sleep(10);
    socket.resetAndDestroy();
  }
  const after = await sendRaw(
    gateway.port,
    `GET /v1/tenants HTTP/1.1\r\nHost: x\r\n${headers.join('')}Connection: close\r\n\r\n`,
  );
  expect(after.text).toContain('HTTP/1.1 200 ');
});

test('open sockets end with the gateway, after its grace', async () => {
  const other = await startGateway({ routes: ROUTES, services: { tenancy: upstream.url } });
  const webSocket = new WebSocket(`ws://127.0.0.1:${other.port}/v1/tenants`, { headers: callerHeaders() });
  await new Promise((resolve) => webSocket.once('open', resolve));
  const closed = new Promise((resolve) => webSocket.once('close', resolve));
  await other.close(50);
  await closed;
});
