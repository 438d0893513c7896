import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CallContext } from './passport.ts';
import {
  callerHeaders,
  PLATFORM_HEADERS,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestGatewayOptions,
  type TestUpstream,
} from './test-gateway.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const GIVEN = `00-${TRACE}-${SPAN}-01`;
const FRESH = /^00-(?!0af76519)[0-9a-f]{32}-[0-9a-f]{16}-01$/;

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  links?: { traceId: string; spanId: string }[];
  attributes: { key: string; value: Record<string, unknown> }[];
}

interface Export {
  resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
}

const contexts: CallContext[] = [];
let upstream: TestUpstream;

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

const startTraced = (options: TestGatewayOptions) =>
  startGateway({
    services: { tenancy: upstream.url },
    exchange: async (_input, context) => {
      contexts.push(context);
      return { passport: 'p', expiresAt: Date.now() / 1_000 + 60, limits: [] };
    },
    ...options,
  });

async function receivedBy(gateway: TestGateway, path: string, headers: Record<string, string>) {
  const { body } = await send(`${gateway.url}${path}`, { headers: { ...callerHeaders(), ...headers } });
  const { traceparent, tracestate }: Record<string, string | undefined> = JSON.parse(body).headers;
  return { traceparent, tracestate };
}

describe('with a collector', () => {
  const spans: Span[] = [];
  let collector: TestUpstream;
  let gateway: TestGateway;
  let behindProxy: TestGateway;
  let forStranger: { traceparent: string | undefined };
  let forProxy: { traceparent: string | undefined };

  const spanOf = (traceparent: string | undefined) =>
    spans.find(({ traceId, spanId }) => traceparent === `00-${traceId}-${spanId}-01`);
  const attributesOf = (span: Span | undefined) =>
    Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));

  beforeAll(async () => {
    collector = await startUpstream(async (request, response) => {
      const sent: Export = JSON.parse(await text(request));
      for (const { scopeSpans } of sent.resourceSpans)
        for (const scope of scopeSpans) spans.push(...scope.spans);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    gateway = await startTraced({ otlpEndpoint: collector.url });
    behindProxy = await startTraced({ otlpEndpoint: collector.url, trustedProxies: ['127.0.0.1'] });
    forStranger = await receivedBy(gateway, '/v1/tenants/tnt_1', { traceparent: GIVEN });
    forProxy = await receivedBy(behindProxy, '/v1/tenants/tnt_1', { traceparent: GIVEN });
    await send(`${gateway.url}/v1/tenants`, { headers: PLATFORM_HEADERS });
    await gateway.close();
    await behindProxy.close();
    await vi.waitFor(() => expect(spans).toHaveLength(3), { timeout: 60_000 });
  });
  afterAll(() => collector.close());

  test('what the service and identity are sent has the span of the gateway for its parent', () => {
    const span = spanOf(forStranger.traceparent);
    expect(span?.name).toBe('GET /v1/tenants');
    expect(attributesOf(span)).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/v1/tenants',
      'http.response.status_code': 200,
    });
    expect(contexts.map(({ traceparent }) => traceparent)).toContain(forStranger.traceparent);
  });

  test('the trace of a stranger is pointed to, that of a trusted proxy is continued', () => {
    const strange = spanOf(forStranger.traceparent);
    expect(strange?.traceId).not.toBe(TRACE);
    expect(strange?.parentSpanId).toBeFalsy();
    expect(strange?.links).toMatchObject([{ traceId: TRACE, spanId: SPAN }]);
    expect(spanOf(forProxy.traceparent)).toMatchObject({ traceId: TRACE, parentSpanId: SPAN });
  });

  test('a refusal is named by its code', () => {
    const refused = spans.find((span) => attributesOf(span)['http.response.status_code'] === 401);
    expect(attributesOf(refused)).toMatchObject({ 'error.type': 'UNAUTHENTICATED' });
  });
});

describe('without a collector', () => {
  let gateway: TestGateway;
  let behindProxy: TestGateway;

  beforeAll(async () => {
    gateway = await startTraced({});
    behindProxy = await startTraced({ trustedProxies: ['127.0.0.1'] });
  });
  afterAll(async () => {
    await gateway.close();
    await behindProxy.close();
  });

  test('a trusted proxy is followed, with what its vendor says', async () => {
    const headers = { traceparent: GIVEN, tracestate: 'vendor=1' };
    expect(await receivedBy(behindProxy, '/v1/tenants', headers)).toEqual(headers);
    const tooLong = { traceparent: GIVEN, tracestate: `vendor=${'1'.repeat(512)}` };
    expect(await receivedBy(behindProxy, '/v1/tenants', tooLong)).toEqual({ traceparent: GIVEN });
  });

  test('a stranger is not', async () => {
    const { traceparent, tracestate } = await receivedBy(gateway, '/v1/tenants', {
      traceparent: GIVEN,
      tracestate: 'vendor=1',
    });
    expect(traceparent).toMatch(FRESH);
    expect(tracestate).toBeUndefined();
  });

  test.each(['rubbish', GIVEN.toUpperCase(), `ff${GIVEN.slice(2)}`, `${GIVEN}, ${GIVEN}`])(
    'a trace like %s begins anew, even from a trusted proxy',
    async (traceparent) => {
      const received = await receivedBy(behindProxy, '/v1/tenants', { traceparent, tracestate: 'vendor=1' });
      expect(received.traceparent).toMatch(FRESH);
      expect(received.tracestate).toBeUndefined();
    },
  );
});
