import { createServer } from 'node:http';
import { HEADERS } from '@plinth/contracts';
import { createReplicas, type Replicas } from '@plinth/rpc';
import { afterEach, describe, expect, test } from 'vitest';
import { type Route, routesFor } from '../routes.ts';
import {
  callerHeaders,
  echo,
  type Handler,
  send,
  sendRaw,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from '../test-gateway.ts';

// Two replicas behind each carrier: what one never got goes to the other, and nothing is done twice.

const withCarrier = (carrier: Route['carrier']): Route[] =>
  routesFor('keycloak').map((route) => ({ ...route, carrier, idempotency: 'optional' as const }));

interface Counted extends TestUpstream {
  requests: number;
}

async function startReplica(handle: Handler = echo): Promise<Counted> {
  const upstream = await startUpstream((request, response) => {
    counted.requests++;
    handle(request, response);
  });
  const counted: Counted = Object.assign(upstream, { requests: 0 });
  return counted;
}

async function refusingUrl(): Promise<string> {
  const gone = await startUpstream();
  await gone.close();
  return gone.url;
}

describe.each(['json', 'stream'] as const)('the %s carrier', (carrier) => {
  const started: { close(): Promise<void> }[] = [];

  let replicas: Replicas;

  async function open(urls: string[]): Promise<TestGateway> {
    replicas = createReplicas(urls);
    const gateway = await startGateway({
      routes: withCarrier(carrier),
      services: { tenancy: replicas },
      answerWithinMs: { json: 1_500, stream: 1_500 },
    });
    started.push(gateway);
    return gateway;
  }
  async function replica(handle?: Handler): Promise<Counted> {
    const upstream = await startReplica(handle);
    started.push(upstream);
    return upstream;
  }
  afterEach(async () => {
    // However a request ended, nobody is thought to be busy with it.
    await expect.poll(() => replicas.all.map(({ underWay }) => underWay)).toEqual([0, 0]);
    for (const one of started.splice(0)) await one.close();
  });

  const get = ({ url }: TestGateway) => send(`${url}/v1/tenants`, { headers: callerHeaders() });
  const post = ({ url }: TestGateway, body: string) =>
    send(`${url}/v1/tenants`, {
      method: 'POST',
      headers: { ...callerHeaders(), 'content-type': 'text/plain' },
      body,
    });

  test('shares requests out among the replicas', async () => {
    const [one, two] = [await replica(), await replica()];
    const gateway = await open([one.url, two.url]);
    for (let i = 0; i < 8; i++) expect((await get(gateway)).status).toBe(200);
    expect([one.requests, two.requests]).toEqual([4, 4]);
  });

  test('gives a request that one replica refused to the other, body and all', async () => {
    const there = await replica();
    const gateway = await open([await refusingUrl(), there.url]);
    for (let i = 0; i < 6; i++) {
      const body = `${i}`.repeat(10_000);
      const answer = await post(gateway, body);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ method: 'POST', body });
    }
    expect(there.requests).toBe(6);
  });

  test('says that the service is away when every replica refuses', async () => {
    const gateway = await open([await refusingUrl(), await refusingUrl()]);
    expect((await get(gateway)).status).toBe(503);
    expect((await post(gateway, 'x')).status).toBe(503);
  });

  test('leaves a replica that says it is about to stop, and tells no caller', async () => {
    const stopping = await replica((request, response) => {
      response.setHeader(HEADERS.stopping, '3000');
      echo(request, response);
    });
    const staying = await replica();
    const gateway = await open([stopping.url, staying.url]);
    for (let i = 0; i < 8; i++) {
      const { status, headers } = await get(gateway);
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty(HEADERS.stopping);
    }
    expect(stopping.requests).toBe(1);
  });

  test('sends what may have been acted on to nobody else', async () => {
    const [one, two] = [await replica((_, response) => response.destroy()), await replica()];
    const gateway = await open([one.url, two.url]);
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await post(gateway, 'x')).status);
    expect(statuses.filter((status) => status === 502)).toHaveLength(1);
    expect([one.requests, two.requests]).toEqual([1, 3]);
  });

  test('spares its callers a replica that does not answer', async () => {
    const [silent, there] = [await replica(() => undefined), await replica()];
    const gateway = await open([silent.url, there.url]);
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await get(gateway)).status);
    expect(statuses.filter((status) => status === 504)).toHaveLength(1);
    expect(silent.requests).toBe(1);
  });
});

test('the json carrier repeats elsewhere what changes nothing', async () => {
  const [one, two] = [await startReplica((_, response) => response.destroy()), await startReplica()];
  const gateway = await startGateway({ services: { tenancy: createReplicas([one.url, two.url]) } });
  for (let i = 0; i < 4; i++) {
    expect((await send(`${gateway.url}/v1/tenants`, { headers: callerHeaders() })).status).toBe(200);
  }
  expect([one.requests, two.requests]).toEqual([1, 4]);
  for (const started of [gateway, one, two]) await started.close();
});

test('an upgrade that one replica refuses a connection for goes to the other', async () => {
  const upstream = await startUpstream();
  upstream.onUpgrade = (_, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
    );
  };
  const gateway = await startGateway({
    routes: withCarrier('stream'),
    services: { tenancy: createReplicas([await refusingUrl(), upstream.url]) },
  });
  const lines = Object.entries({
    ...callerHeaders(),
    host: 'a',
    connection: 'Upgrade',
    upgrade: 'websocket',
  });
  const head = `GET /v1/tenants HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  for (let i = 0; i < 3; i++) expect((await sendRaw(gateway.port, head, /hello/)).text).toContain('101');
  for (const started of [gateway, upstream]) await started.close();
});

test('a connection borrowed from another replica serves one request', async () => {
  const [one, two] = [await startReplica(), await startReplica()];
  const { port } = new URL(one.url);
  await one.close();
  const gateway = await startGateway({
    routes: withCarrier('stream'),
    services: { tenancy: createReplicas([one.url, two.url]) },
  });
  const ask = async () => (await send(`${gateway.url}/v1/tenants`, { headers: callerHeaders() })).status;
  for (let i = 0; i < 2; i++) expect(await ask()).toBe(200);
  const back = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => back.listen(Number(port), '127.0.0.1', resolve));
  await expect
    .poll(async () => {
      await ask();
      return new Promise((resolve) => back.getConnections((_, count) => resolve(count)));
    })
    .toBeGreaterThan(0);
  for (const started of [gateway, two]) await started.close();
  back.closeAllConnections();
  back.close();
});
