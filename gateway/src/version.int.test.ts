import { deprecation, type Deprecations } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OwnRoute } from './own-routes.ts';
import {
  callerHeaders,
  type Handler,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from './test-gateway.ts';

const own: OwnRoute = { method: 'GET', path: '/own', handle: (exchange) => exchange.send(200, {}, 'own') };

let upstream: TestUpstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

const startWith = (deprecations: Deprecations) =>
  startGateway({
    services: { tenancy: upstream.url, identity: upstream.url },
    ownRoutes: [own],
    deprecations,
  });

const asking = (gateway: TestGateway, version: string, path = '/v1/tenants') =>
  send(gateway.url + path, { headers: { ...callerHeaders(), 'x-api-version': version } });

const endOf = ({ headers }: Awaited<ReturnType<typeof send>>) => [
  headers.deprecation,
  headers.sunset,
  headers.link,
];

describe('a version that is to go', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startWith({ '2024-01-01': deprecation('2026-01-01', '2999-01-01') });
  });
  afterAll(() => gateway.close());

  const END = [
    '@1767225600',
    'Tue, 01 Jan 2999 00:00:00 GMT',
    '</docs>; rel="deprecation"; type="text/html", </docs>; rel="sunset"; type="text/html", ' +
      '</openapi.json?version=2026-11-01>; rel="successor-version"',
  ];

  test('is served, and each answer says until when and what comes after', async () => {
    for (const version of ['2024-01-01', '2025-06-30']) {
      const answer = await asking(gateway, version);
      expect([answer.status, answer.headers['x-api-version']]).toEqual([200, '2024-01-01']);
      expect(answer.headers.vary).toBe('X-API-Version');
      expect(endOf(answer)).toEqual(END);
    }
    const refused = await send(`${gateway.url}/v1/tenants`, { headers: { 'x-api-version': '2024-01-01' } });
    expect(refused.status).toBe(400);
    expect(endOf(refused)).toEqual(END);
  });

  test('the newest version says nothing, nor do the dialects that have no versions by date', async () => {
    for (const [version, path] of [
      ['2026-11-01', '/v1/tenants'],
      ['2024-01-01', '/api/v1/organizations'],
      ['2024-01-01', '/trpc/tenancy/tenant.list'],
    ] as const) {
      const answer = await asking(gateway, version, path);
      expect([answer.status, answer.headers['x-api-version']], path).toEqual([200, '2026-11-01']);
      expect(JSON.parse(answer.body).headers['x-api-version'], path).toBe('2026-11-01');
      expect(endOf(answer), path).toEqual([undefined, undefined, undefined]);
    }
  });

  const ending = (sunset: string): Handler => {
    return (request, response) => {
      const link = '</v1/new>; rel="successor-version"';
      response.writeHead(200, { deprecation: '@1', sunset, link });
      request.resume();
      response.end();
    };
  };

  test('of an operation that goes as well, callers hear what comes first, and every link', async () => {
    const echo = upstream.handle;
    for (const [theirs, expected] of [
      ['Thu, 01 Jan 2998 00:00:00 GMT', ['@1', 'Thu, 01 Jan 2998 00:00:00 GMT']],
      ['Wed, 01 Jan 3000 00:00:00 GMT', END.slice(0, 2)],
    ] as const) {
      upstream.handle = ending(theirs);
      const { headers } = await asking(gateway, '2024-01-01');
      expect([headers.deprecation, headers.sunset]).toEqual(expected);
      expect(headers.link).toContain('</v1/new>; rel="successor-version"');
      expect(headers.link).toContain(END[2]);
      const newest = await asking(gateway, '2026-11-01');
      expect([newest.headers.deprecation, newest.headers.sunset]).toEqual(['@1', theirs]);
    }
    upstream.handle = echo;
  });
});

describe('a version that is gone', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startWith({ '2024-01-01': deprecation('2024-06-01', '2025-01-01') });
  });
  afterAll(() => gateway.close());

  test('is a 410 that names its successor', async () => {
    const answer = await asking(gateway, '2024-01-01');
    const { error } = JSON.parse(answer.body);
    expect([answer.status, error.code]).toEqual([410, 'API_VERSION_RETIRED']);
    expect(error.details).toEqual({
      version: '2024-01-01',
      sunset: '2025-01-01',
      successor: '2026-11-01',
      versions: ['2024-01-01', '2026-11-01'],
    });
    expect(answer.headers.link).toContain('</openapi.json?version=2026-11-01>; rel="successor-version"');
  });

  test('keeps nobody from what the gateway itself says, nor from the other dialects', async () => {
    expect((await asking(gateway, '2024-01-01', '/own')).status).toBe(200);
    expect((await asking(gateway, '2024-01-01', '/api/v1/organizations')).status).toBe(200);
    expect((await asking(gateway, '2026-11-01')).status).toBe(200);
  });
});
