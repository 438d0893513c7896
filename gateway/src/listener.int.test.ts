import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { routesFor } from './routes.ts';
import {
  callerHeaders,
  send,
  sendRaw,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from './test-gateway.ts';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    services: { tenancy: upstream.url, identity: upstream.url },
    limits: { headersMs: 1_000, bodyIdleMs: 1_000 },
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const head = (extra = '', line = 'POST /v1/tenants HTTP/1.1') => {
  const headers = Object.entries({ ...callerHeaders(), 'idempotency-key': 'k' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${line}\r\nHost: x\r\n${headers.join('')}${extra}\r\n`;
};

test('the parts of a broken request that got through never make a whole one', async () => {
  const begun = Promise.withResolvers<void>();
  const cut = Promise.withResolvers<void>();
  const half = await startUpstream((req) => {
    req.once('data', () => begun.resolve());
    req.once('error', () => cut.resolve());
  });
  const streaming = routesFor('keycloak').map((route) => ({ ...route, carrier: 'stream' as const }));
  const broken = await startGateway({ routes: streaming, services: { tenancy: half.url } });
  const socket = connect(broken.port, '127.0.0.1');
  let received = '';
  socket.on('data', (data) => {
    received += data;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`${head('Transfer-Encoding: chunked\r\n')}2\r\n{}\r\n`);
  await begun.promise;
  socket.write('zz\r\n');
  await cut.promise;
  await closed;
  expect(received).toContain('HTTP/1.1 400 ');
  expect(broken.log()).toContainEqual(expect.objectContaining({ path: '/v1/tenants', status: 499 }));
  await broken.close();
  await half.close();
});

test.each([
  ['a long URL', head('', `GET /v1/tenants?x=${'y'.repeat(17_000)} HTTP/1.1`), 414, 'URI_TOO_LONG'],
  ['a huge URL', head('', `GET /v1/tenants?x=${'y'.repeat(100_000)} HTTP/1.1`), 431, 'HEADERS_TOO_LARGE'],
  ['a huge header', head(`X-A: ${'y'.repeat(1_000_000)}\r\n`), 431, 'HEADERS_TOO_LARGE'],
  ['very many headers', head('X-A: b\r\n'.repeat(10_000)), 431, 'HEADERS_TOO_LARGE'],
  ['too many headers', head('X-A: b\r\n'.repeat(300)), 431, 'HEADERS_TOO_LARGE'],
])('%s is refused', async (_, bytes, status, code) => {
  const { text } = await sendRaw(gateway.port, bytes, /\r\n\r\n\{.*\}$/s);
  expect(text).toContain(`HTTP/1.1 ${status} `);
  expect(text).toContain(code);
});

test('an expectation that cannot be met is a 417', async () => {
  const { text } = await sendRaw(gateway.port, head('Expect: the-unexpected\r\nConnection: close\r\n'));
  expect(text).toContain('HTTP/1.1 417 ');
  expect(text).toContain('EXPECTATION_FAILED');
});

test('100-continue is granted', async () => {
  const { text } = await sendRaw(
    gateway.port,
    `${head('Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n')}{}`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

test('slow headers are cut', async () => {
  const { text } = await sendRaw(gateway.port, 'GET /v1/tenants HTTP/1.1\r\nHost: x\r\n');
  expect(text).toContain('HTTP/1.1 408 ');
  expect(text).toContain('REQUEST_TIMEOUT');
});

test('a body that stops coming is cut', async () => {
  const { text } = await sendRaw(gateway.port, `${head('Content-Length: 100\r\n')}{`);
  expect(text).toContain('HTTP/1.1 408 ');
});

test('a reader that stops taking its answer is cut, and its service let go', async () => {
  const released = Promise.withResolvers<void>();
  const endless = await startUpstream((_request, res) => {
    const pump = () => {
      while (res.write(Buffer.alloc(256 * 1024)));
    };
    res.on('drain', pump).on('close', () => released.resolve());
    pump();
  });
  const short = await startGateway({ services: { tenancy: endless.url }, limits: { bodyIdleMs: 200 } });
  const socket = connect(short.port, '127.0.0.1').pause();
  socket.on('error', () => undefined);
  socket.write(head('', 'GET /v1/tenants HTTP/1.1'));
  await released.promise;
  socket.destroy();
  await short.close();
  await endless.close();
});

test('connections beyond the limit are refused, and the rest goes on', async () => {
  const small = await startGateway({ services: { tenancy: upstream.url }, limits: { maxConnections: 2 } });
  const held = [connect(small.port, '127.0.0.1'), connect(small.port, '127.0.0.1')];
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  await sleep(30);
  await expect(send(`${small.url}/v1/tenants`, { headers: callerHeaders() })).rejects.toThrow();
  for (const socket of held) socket.destroy();
  await expect
    .poll(() => send(`${small.url}/v1/tenants`, { headers: callerHeaders() }))
    .toMatchObject({ status: 200 });
  await small.close();
});

test('a stop lets the request under way finish, and takes no new one', async () => {
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const slow = await startUpstream(async (_request, res) => {
    reached.resolve();
    await release.promise;
    res.end('finished');
  });
  const stopping = await startGateway({ services: { tenancy: slow.url } });
  const idle = connect(stopping.port, '127.0.0.1');
  const idleClosed = new Promise((resolve) => idle.once('close', resolve));
  const answered = new Promise<{ body: string; connection: string | undefined }>((resolve, reject) => {
    const outgoing = request(
      `${stopping.url}/v1/tenants`,
      { headers: { ...callerHeaders(), connection: 'keep-alive' } },
      (answer) => {
        let body = '';
        answer.on('data', (chunk) => {
          body += chunk;
        });
        answer.on('end', () => resolve({ body, connection: answer.headers.connection }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
  await reached.promise;
  const closed = stopping.close(5_000);
  await idleClosed;
  await expect(send(`${stopping.url}/v1/tenants`, { headers: callerHeaders() })).rejects.toThrow(
    /ECONNREFUSED/,
  );
  release.resolve();
  expect(await answered).toEqual({ body: 'finished', connection: 'close' });
  await closed;
  await slow.close();
});

test('a request that outlives the grace is cut', async () => {
  const hanging = await startUpstream((req) => void req.resume());
  const stopping = await startGateway({ services: { tenancy: hanging.url } });
  const outcome = send(`${stopping.url}/v1/tenants`, { headers: callerHeaders() }).then(
    () => 'answered',
    () => 'cut',
  );
  await expect.poll(() => hanging.connections()).toBe(1);
  await stopping.close(50);
  expect(await outcome).toBe('cut');
  await hanging.close();
});
