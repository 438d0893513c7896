import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTracing } from './telemetry.ts';
import { type Fixture, startFixture } from './testing/fixture-service.ts';

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  attributes: Attribute[];
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number };
}

interface Export {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Span[] }[] }[];
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

/** A collector on loopback that keeps what it is sent. */
async function startCollector() {
  const exports: Export[] = [];
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      if (request.url === '/v1/traces') exports.push(JSON.parse(text));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/`,
    resources: () => exports.flatMap(({ resourceSpans }) => resourceSpans.map(({ resource }) => resource)),
    spans: () =>
      exports.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('a service with a collector', () => {
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let fixture: Fixture;

  beforeAll(async () => {
    collector = await startCollector();
    fixture = await startFixture({ otlpEndpoint: collector.endpoint });
    const traced = (flags: string) => ({ traceparent: `00-${TRACE}-${PARENT}-${flags}` });
    await fixture.send('/v1/things/wks_1', { headers: traced('01') });
    await fixture.send('/v1/things/wks_2', { headers: traced('00') });
    await fixture.send('/v1/nothing');
    fixture.services.act = () => {
      throw new Error('canary');
    };
    await fixture.send('/v1/things');
    await fixture.close();
  });
  afterAll(() => collector.close());

  const attribute = (span: Span | undefined, key: string) =>
    span?.attributes.find((one) => one.key === key)?.value;

  test('sends one span for each request that is to be sampled', () => {
    expect(collector.spans().map(({ name }) => name)).toEqual(['thing.get', 'unknown', 'thing.list']);
    expect(collector.resources()[0]?.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'plinth-fixture' },
    });
  });

  test('goes on with the trace of the caller', () => {
    const span = collector.spans().find(({ name }) => name === 'thing.get');
    expect(span).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    expect(span?.spanId).not.toBe(PARENT);
    expect(attribute(span, 'http.route')).toEqual({ stringValue: '/v1/things/:thingId' });
    expect(attribute(span, 'http.response.status_code')).toEqual({ intValue: 200 });
  });

  test('begins one where there is none, and marks what failed', () => {
    const failed = collector.spans().find(({ name }) => name === 'thing.list');
    expect(failed?.parentSpanId).toBeFalsy();
    expect(failed?.traceId).not.toBe(TRACE);
    expect(failed?.status?.code).toBe(2);
    expect(JSON.stringify(failed)).not.toContain('canary');
  });
});

describe('traceparent', () => {
  const kept = `00-${TRACE}-${PARENT}-01`;
  const broken = [
    `ff-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    'nonsense',
  ];

  test('passes through where nothing is recorded, unless it is broken', async () => {
    const tracing = createTracing('fixture', undefined);
    expect(tracing.start('GET', kept).traceparent).toBe(kept);
    for (const one of [...broken, undefined]) expect(tracing.start('GET', one).traceparent).toBeUndefined();
    await tracing.close();
  });

  test('is our own span of the same trace where it is recorded, and of a new one when it is broken', async () => {
    const collector = await startCollector();
    const tracing = createTracing('fixture', collector.endpoint);
    expect(tracing.start('GET', kept).traceparent).toMatch(
      new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-01$`),
    );
    for (const one of broken) {
      const { traceparent } = tracing.start('GET', one);
      expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(traceparent).not.toContain(TRACE);
    }
    await tracing.close();
    collector.close();
  });
});

test('a linked trace is pointed to and not continued', async () => {
  const collector = await startCollector();
  const tracing = createTracing('fixture', collector.endpoint);
  const span = tracing.start('GET', undefined, `00-${TRACE}-${PARENT}-00`);
  expect(span.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(span.traceparent).not.toContain(TRACE);
  span.end({ name: 'linked', status: 200, attributes: {} });
  tracing.start('GET', undefined, 'nonsense').end({ name: 'unlinked', status: 200, attributes: {} });
  await tracing.close();
  const [linked, unlinked] = collector.spans();
  expect(linked?.links).toMatchObject([{ traceId: TRACE, spanId: PARENT }]);
  expect(unlinked?.links ?? []).toEqual([]);
  collector.close();
});

test('a collector that is gone does not keep the process from ending well', async () => {
  const collector = await startCollector();
  const tracing = createTracing('fixture', collector.endpoint);
  collector.close();
  tracing.start('GET', undefined).end({ name: 'x', status: 200, attributes: {} });
  await expect(tracing.close()).resolves.toBeUndefined();
});
