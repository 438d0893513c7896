import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Route, routesFor } from '../routes.ts';
import {
  callerHeaders,
  echo,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from '../test-gateway.ts';

// What either carrier owes the two sides: bytes as they come, the pace of the slower, news of whoever leaves, and never
// a broken answer that looks whole.

const withCarrier = (carrier: Route['carrier']): Route[] =>
  routesFor('keycloak').map((route) => ({ ...route, carrier, idempotency: 'optional' as const }));

describe.each(['json', 'stream'] as const)('the %s carrier', (carrier) => {
  let upstream: TestUpstream;
  let gateway: TestGateway;
  let hurried: TestGateway;
  let down: TestGateway;
  let base: string;

  beforeAll(async () => {
    upstream = await startUpstream();
    const options = {
      routes: withCarrier(carrier),
      services: { tenancy: upstream.url },
      maxJsonBytes: Number.POSITIVE_INFINITY,
    };
    gateway = await startGateway(options);
    hurried = await startGateway({ ...options, answerWithinMs: { json: 300, stream: 300 } });
    down = await startGateway({ routes: withCarrier(carrier), services: { tenancy: await refusingUrl() } });
    base = `${gateway.url}/v1/tenants`;
  });
  afterAll(async () => {
    for (const started of [gateway, hurried, down, upstream]) await started.close();
  });
  beforeEach(() => {
    upstream.handle = echo;
  });

  test('strips what is of one hop or in our name, and says the rest anew', async () => {
    const { body } = await send(`${base}?q=1`, {
      headers: {
        ...callerHeaders(),
        connection: 'keep-alive, X-Secret-Hop',
        'x-secret-hop': '1',
        'keep-alive': 'timeout=9',
        te: 'trailers',
        'x-plinth-passport': 'forged',
        'X-Plinth-Anything': 'forged',
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-host': 'evil.example.com',
        forwarded: 'for=1.2.3.4',
        'x-real-ip': '1.2.3.4',
        cookie: 'a=1',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        tracestate: 'a=b',
        'x-custom': 'kept',
      },
    });
    const { headers, url } = JSON.parse(body);
    expect(url).toBe('/v1/tenants?q=1');
    expect(headers).toMatchObject({
      'x-custom': 'kept',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'api.example.com',
      'x-correlation-id': 'test-correlation-1',
    });
    for (const gone of [
      'x-secret-hop',
      'keep-alive',
      'te',
      'x-plinth-anything',
      'forwarded',
      'x-real-ip',
      'cookie',
      'authorization',
      'tracestate',
    ])
      expect(headers).not.toHaveProperty(gone);
    expect(headers['x-plinth-passport']).not.toBe('forged');
    expect(headers.traceparent).not.toContain('0af7651916cd43dd8448eb211c80319c');
  });

  test('brings an answer back as it is, with our headers on it', async () => {
    upstream.handle = (_request, response) => {
      response.writeHead(
        201,
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['Location', '/v1/tenants/tnt_1'],
          ['X-Correlation-Id', 'of-the-service'],
          ['X-Plinth-Internal', '1'],
          ['Access-Control-Allow-Origin', '*'],
          ['Keep-Alive', 'timeout=5'],
          ['Vary', 'Accept'],
          ['Content-Length', '2'],
        ].flat(),
      );
      response.end('ok');
    };
    const { status, headers, body } = await send(base, { headers: callerHeaders() });
    expect({ status, body }).toEqual({ status: 201, body: 'ok' });
    expect(headers).toMatchObject({
      'set-cookie': ['a=1', 'b=2'],
      location: '/v1/tenants/tnt_1',
      'x-correlation-id': 'test-correlation-1',
      'content-length': '2',
      vary: expect.stringMatching(/Accept.*X-API-Version|X-API-Version.*Accept/),
    });
    expect(headers).not.toHaveProperty('x-plinth-internal');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('%s with %i has no body', async (method, status) => {
    upstream.handle = (_request, response) => {
      response.writeHead(status, { etag: '"1"' });
      response.end();
    };
    const answer = await send(base, { method, headers: callerHeaders() });
    expect(answer).toMatchObject({ status, body: '' });
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s carries a body of known and of unknown length',
    async (method) => {
      const known = { ...callerHeaders(), 'content-length': '7' };
      const unknown = { ...callerHeaders(), 'transfer-encoding': 'chunked' };
      for (const headers of [known, unknown]) {
        const answer = await send(base, { method, headers, body: '{"a":1}' });
        expect(JSON.parse(answer.body)).toMatchObject({ method, body: '{"a":1}' });
      }
      const empty = await send(base, { method, headers: callerHeaders() });
      expect(JSON.parse(empty.body)).toMatchObject({ method, body: '' });
    },
  );

  test.runIf(carrier === 'stream')(
    'the request flows while it is still being sent, and the answer while it is still being made',
    async () => {
      upstream.handle = (req, res) => {
        res.writeHead(200);
        req.on('data', (chunk) => res.write(`got ${chunk};`));
        req.on('end', () => res.end('end'));
      };
      const outgoing = request(base, { method: 'POST', headers: callerHeaders() });
      const answered = new Promise<string>((resolve) =>
        outgoing.on('response', (answer) => {
          let received = '';
          let sent = 1;
          answer.on('data', (chunk) => {
            received += chunk;
            if (sent < 3 && received.endsWith(`got ${sent};`)) outgoing.write(String(++sent));
            else if (sent === 3) outgoing.end();
          });
          answer.on('end', () => resolve(received));
        }),
      );
      outgoing.write('1');
      expect(await answered).toBe('got 1;got 2;got 3;end');
    },
  );

  test('a slow reader pauses the service', async () => {
    const chunk = Buffer.alloc(256 * 1024);
    let written = 0;
    let done = false;
    upstream.handle = async (_request, res) => {
      res.writeHead(200);
      for (let i = 0; i < 256; i++) {
        written += chunk.length;
        if (!res.write(chunk)) await new Promise((resolve) => res.once('drain', resolve));
      }
      done = true;
      res.end();
    };
    const socket = await openRequest(gateway.port, 'GET /v1/tenants HTTP/1.1');
    socket.pause();
    await settled(() => written);
    expect(done).toBe(false);
    expect(written).toBeLessThan(256 * chunk.length * 0.75);
    let received = 0;
    socket.on('data', (data) => {
      received += data.length;
    });
    socket.resume();
    await expect.poll(() => received).toBeGreaterThan(256 * chunk.length);
    expect(done).toBe(true);
    socket.destroy();
  });

  test.runIf(carrier === 'stream')('a slow service pauses the sender', async () => {
    let release: (() => void) | undefined;
    let received = 0;
    upstream.handle = (req, res) => {
      res.writeHead(200);
      res.flushHeaders();
      release = () => {
        req.on('data', (data) => {
          received += data.length;
        });
        req.on('end', () => res.end('done'));
      };
    };
    const total = 64 * 1024 * 1024;
    const outgoing = request(base, {
      method: 'PUT',
      headers: { ...callerHeaders(), 'content-length': String(total) },
    });
    let sent = 0;
    const chunk = Buffer.alloc(256 * 1024);
    const pump = () => {
      while (sent < total) {
        sent += chunk.length;
        if (!outgoing.write(chunk)) return outgoing.once('drain', pump);
      }
      return outgoing.end();
    };
    const finished = new Promise((resolve) => outgoing.on('response', (a) => a.resume().on('end', resolve)));
    pump();
    await settled(() => sent);
    expect(sent).toBeLessThan(total * 0.75);
    release?.();
    await finished;
    expect(received).toBe(total);
  });

  test.each(['before the answer', 'during the answer'])(
    'a caller that leaves %s is gone for the service too',
    async (when) => {
      const gone = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      upstream.handle = (_request, res) => {
        res.on('close', () => gone.resolve());
        if (when === 'during the answer') {
          res.writeHead(200);
          res.write('x');
        }
        reached.resolve();
      };
      const outgoing = request(base, { headers: callerHeaders() });
      outgoing.on('error', () => undefined);
      outgoing.on('response', (answer) => answer.on('error', () => undefined).resume());
      outgoing.end();
      await reached.promise;
      await sleep(20);
      outgoing.destroy();
      await gone.promise;
    },
  );

  test.runIf(carrier === 'stream')(
    'a caller that leaves in the middle of its body is gone for the service too',
    async () => {
      const gone = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      upstream.handle = (req) => {
        req.once('data', () => reached.resolve());
        req.on('error', () => undefined);
        req.on('close', () => gone.resolve());
      };
      const outgoing = request(base, {
        method: 'POST',
        headers: { ...callerHeaders(), 'content-length': '1000' },
      });
      outgoing.on('error', () => undefined);
      outgoing.write('begin');
      await reached.promise;
      outgoing.destroy();
      await gone.promise;
    },
  );

  test.each(['of known length', 'in chunks'])(
    'a service that dies in its answer %s breaks the caller’s connection',
    async (how) => {
      upstream.handle = (_request, res) => {
        res.writeHead(200, how === 'in chunks' ? {} : { 'content-length': '100' });
        res.write('half');
        setTimeout(() => res.destroy(), 20);
      };
      await expect(send(base, { headers: callerHeaders() })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    },
  );

  test('an early refusal of a large body arrives whole', async () => {
    upstream.handle = (_request, res) => {
      res.writeHead(413, { 'content-type': 'application/json', 'x-correlation-id': 'of-the-service' });
      res.end('{"error":"too large"}');
    };
    const body = 'x'.repeat(8 * 1024 * 1024);
    const answer = await send(base, { method: 'POST', headers: callerHeaders(), body });
    expect(answer).toMatchObject({ status: 413, body: '{"error":"too large"}' });
  });

  describe.each([
    ['platform', '/v1/tenants', (json: ErrorJson) => json.error.code],
    ['organization', '/api/v1/organizations', (json: ErrorJson) => json.error.details?.code],
    ['typed', '/trpc/tenancy/x', (json: ErrorJson) => json.error.data?.code],
  ] as const)('in the %s dialect', (_, path, codeOf) => {
    const methods = [
      ['GET', undefined],
      ['POST', '{"a":1}'],
    ] as const;

    test('a service that is down is a 503', async () => {
      for (const [method, body] of methods) {
        const answer = await send(down.url + path, {
          method,
          headers: callerHeaders(),
          ...(body && { body }),
        });
        expect(answer.status).toBe(503);
        expect(codeOf(JSON.parse(answer.body))).toBe('SERVICE_UNAVAILABLE');
        expect(answer.headers).toMatchObject({
          'retry-after': '1',
          'x-correlation-id': 'test-correlation-1',
        });
      }
    });

    test('a service that hangs is a 504', async () => {
      upstream.handle = (req) => req.resume();
      const answers = await Promise.all(
        methods.map(([method, body]) =>
          send(hurried.url + path, { method, headers: callerHeaders(), ...(body && { body }) }),
        ),
      );
      for (const answer of answers) {
        expect(answer.status).toBe(504);
        expect(codeOf(JSON.parse(answer.body))).toBe('UPSTREAM_TIMEOUT');
        expect(answer.headers['retry-after']).toBe('1');
      }
    });

    test('a service that holds a caller who prefers to wait is waited for', async () => {
      upstream.handle = (req, res) => {
        req.resume();
        setTimeout(() => res.end('{}'), 600);
      };
      const ask = (headers: Record<string, string>) =>
        send(hurried.url + path, {
          method: 'POST',
          headers: { ...callerHeaders(), ...headers },
          body: '{}',
        });
      const patient = ask({ prefer: 'wait=5', 'idempotency-key': 'key-1' });
      const keyless = ask({ prefer: 'wait=5' });
      expect((await patient).status).toBe(carrier === 'json' ? 200 : 504);
      expect((await keyless).status).toBe(504);
    });

    test('a service that resets is a 502', async () => {
      upstream.handle = (req) => req.socket.resetAndDestroy();
      for (const [method, body] of methods) {
        const answer = await send(gateway.url + path, {
          method,
          headers: callerHeaders(),
          ...(body && { body }),
        });
        expect(answer.status).toBe(502);
        expect(codeOf(JSON.parse(answer.body))).toBe('BAD_GATEWAY');
      }
    });

    test('a service that speaks something else is a 502', async () => {
      upstream.handle = (req) => req.socket.end('SSH-2.0-OpenSSH\r\n\r\n');
      const answer = await send(gateway.url + path, { headers: callerHeaders() });
      expect(answer.status).toBe(502);
      expect(codeOf(JSON.parse(answer.body))).toBe('BAD_GATEWAY');
    });
  });

  test('after failures of every kind nothing is left open', async () => {
    upstream.handle = (req) => req.resume();
    const ask = () => send(`${hurried.url}/v1/tenants`, { headers: callerHeaders() });
    await Promise.all(Array.from({ length: 20 }, ask));
    upstream.handle = echo;
    await expect.poll(ask).toMatchObject({ status: 200 });
    await expect.poll(() => upstream.connections()).toBeLessThan(5);
  });
});

interface ErrorJson {
  error: { code?: string; details?: { code: string }; data?: { code: string } };
}

test('a read whose connection breaks before any answer is sent once more, a change is not', async () => {
  let breaks = 1;
  const upstream = await startUpstream((req, res) =>
    breaks-- > 0 ? req.socket.resetAndDestroy() : echo(req, res),
  );
  const gateway = await startGateway({ services: { tenancy: upstream.url } });
  const url = `${gateway.url}/v1/tenants`;
  const headers = { ...callerHeaders(), 'idempotency-key': 'k' };
  expect((await send(url, { headers })).status).toBe(200);
  breaks = 1;
  expect((await send(url, { method: 'POST', headers, body: '{}' })).status).toBe(502);
  breaks = 2;
  expect((await send(url, { headers })).status).toBe(502);
  await gateway.close();
  await upstream.close();
});

test('a pool without a free connection tells within the deadline, and serves again', async () => {
  const upstream = await startUpstream((req) => void req.resume());
  const gateway = await startGateway({
    services: { tenancy: upstream.url },
    answerWithinMs: { json: 300, stream: 300 },
  });
  const url = `${gateway.url}/v1/tenants`;
  const all = await Promise.all(Array.from({ length: 100 }, () => send(url, { headers: callerHeaders() })));
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([504]));
  upstream.handle = echo;
  await expect.poll(() => send(url, { headers: callerHeaders() })).toMatchObject({ status: 200 });
  await gateway.close();
  await upstream.close();
});

test('server-sent events arrive one by one', async () => {
  let tell: ((event: string) => void) | undefined;
  const upstream = await startUpstream((_request, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.flushHeaders();
    tell = (event) => res.write(`data: ${event}\n\n`);
  });
  const gateway = await startGateway({
    routes: withCarrier('stream'),
    services: { tenancy: upstream.url },
    answerWithinMs: { json: 1_000, stream: 1_000 },
  });
  const answer = await fetch(`${gateway.url}/v1/tenants`, { headers: callerHeaders() });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  // Longer silent than any deadline for the head of an answer.
  await sleep(1_500);
  for (const event of ['one', 'two', 'three']) {
    tell?.(event);
    expect(await reader?.read()).toEqual({ done: false, value: `data: ${event}\n\n` });
  }
  await reader?.cancel();
  await gateway.close();
  await upstream.close();
});

/** An address where nobody listens. */
async function refusingUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

async function openRequest(port: number, line: string): Promise<Socket> {
  const headers = Object.entries(callerHeaders()).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(`${line}\r\nHost: x\r\n${headers.join('')}\r\n`);
  return socket;
}

/** Waits until a count no longer grows. */
async function settled(count: () => number): Promise<void> {
  for (let last = -1; last !== count() || last === 0; await sleep(150)) last = count();
}

test.each(['of a known length', 'in chunks'])(
  'a JSON body %s beyond the limit is a 413, and the service is spared',
  async (how) => {
    const upstream = await startUpstream();
    const gateway = await startGateway({ services: { tenancy: upstream.url }, maxJsonBytes: 1_000 });
    const chunked = how === 'in chunks' && { 'transfer-encoding': 'chunked' };
    const headers = { ...callerHeaders(), 'idempotency-key': 'k', ...chunked };
    const body = 'x'.repeat(1_001);
    const answer = await send(`${gateway.url}/v1/tenants`, { method: 'POST', headers, body });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body).error).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      details: { limitBytes: 1_000 },
    });
    await gateway.close();
    await upstream.close();
  },
);
