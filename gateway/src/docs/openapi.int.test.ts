import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startGateway, startUpstream, type TestGateway, type TestUpstream } from '../test-gateway.ts';
import type { OpenApiDocument } from './open-api-document.ts';
import { createOpenApi } from './openapi.ts';

const own: OpenApiDocument = {
  openapi: '3.1.0',
  info: { title: 'Plinth', version: '2024-01-01' },
  paths: { '/v1/platform/info': { get: { operationId: 'info' } } },
};
const operation = (path: string) => ({
  operationId: path,
  responses: {
    200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Shared' } } } },
  },
});
const documentWith = (path: string, schema: object = { type: 'object' }) => ({
  ...own,
  paths: { [path]: { get: operation(path) } },
  components: { schemas: { Shared: schema } },
});

interface Service extends TestUpstream {
  document: unknown;
  /** The one of 2024-01-01. */
  older: unknown;
  asked: number;
}

async function startService(document: unknown): Promise<Service> {
  const upstream = await startUpstream((request, response) => {
    service.asked += 1;
    const older = request.url === '/openapi.json?version=2024-01-01' && service.older;
    const newest = request.url === '/openapi.json?version=2026-11-01' && service.document;
    response.writeHead(older || newest ? 200 : 503);
    response.end(JSON.stringify(older || newest));
  });
  const service: Service = Object.assign(upstream, { document, older: undefined, asked: 0 });
  return service;
}

let tenancy: Service;
let identity: Service;
let gateway: TestGateway;
let now = Date.now();
const logged: object[] = [];
const note = (details: object) => {
  logged.push(details);
};

beforeEach(async () => {
  logged.length = 0;
  tenancy = await startService(documentWith('/v1/tenants'));
  identity = await startService(documentWith('/v1/me'));
  const openApi = createOpenApi({
    services: [
      { name: 'tenancy', urls: [tenancy.url] },
      { name: 'identity', urls: [identity.url] },
    ],
    publicUrl: 'https://api.example',
    own: (version) => ({ ...own, info: { title: 'Plinth', version } }),
    log: { debug: note, info: note, warn: note, error: note },
    now: () => now,
  });
  gateway = await startGateway({ ownRoutes: openApi.routes() });
});
afterEach(() => Promise.all([gateway.close(), tenancy.close(), identity.close()]));

const get = (path = '/openapi.json', headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, { headers });
const paths = async (): Promise<string[]> => {
  const { paths: found }: { paths: object } = JSON.parse(await (await get()).text());
  return Object.keys(found);
};

describe('the whole document', () => {
  it('is what the gateway and every service say, as JSON and as YAML', async () => {
    const json = await get();
    const yaml = await get('/openapi.yaml');
    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(yaml.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    const document: unknown = await json.json();
    expect(document).toEqual({
      ...own,
      info: { title: 'Plinth', version: '2026-11-01' },
      servers: [{ url: 'https://api.example' }],
      tags: [],
      paths: {
        '/v1/platform/info': { get: { operationId: 'info' } },
        '/v1/tenants': { get: operation('/v1/tenants') },
        '/v1/me': { get: operation('/v1/me') },
      },
      components: { schemas: { Shared: { type: 'object' } } },
    });
    const text = await yaml.text();
    expect(parse(text)).toEqual(document);
    expect(text).not.toMatch(/[&*]a\d/);
  });

  it('is not sent to somebody who has it', async () => {
    const etag = (await get()).headers.get('etag') ?? '';
    const again = await get('/openapi.json', { 'if-none-match': etag });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    now += 10_000;
    tenancy.document = documentWith('/v1/tenants/new');
    const changed = await get('/openapi.json', { 'if-none-match': etag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it('asks each service once for many readers', async () => {
    await Promise.all(Array.from({ length: 20 }, () => get()));
    await get('/openapi.yaml');
    expect([tenancy.asked, identity.asked]).toEqual([1, 1]);
  });

  it('keeps what a service last said while it is down, and hears it again', async () => {
    await get();
    identity.document = undefined;
    now += 10_000;
    expect(await paths()).toContain('/v1/me');
    identity.document = documentWith('/v1/me/again');
    now += 10_000;
    expect(await paths()).toEqual(['/v1/platform/info', '/v1/tenants', '/v1/me/again']);
  });

  it('holds the others when a service was never there or makes no sense', async () => {
    identity.document = { openapi: 3 };
    expect(await paths()).toEqual(['/v1/platform/info', '/v1/tenants']);
    expect(logged).toContainEqual(expect.objectContaining({ upstream: 'identity' }));
  });

  it('says in the log where two services disagree', async () => {
    identity.document = documentWith('/v1/me', { type: 'string' });
    await get();
    expect(logged).toContainEqual({ conflict: 'components schemas Shared of identity' });
  });

  it('is there for each version, and for no other', async () => {
    tenancy.older = documentWith('/v1/former-tenants');
    identity.older = documentWith('/v1/me');
    const older: { info: object; paths: object } = JSON.parse(
      await (await get('/openapi.json?version=2024-01-01')).text(),
    );
    expect(older.info).toEqual({ title: 'Plinth', version: '2024-01-01' });
    expect(Object.keys(older.paths)).toEqual(['/v1/platform/info', '/v1/former-tenants', '/v1/me']);
    expect(parse(await (await get('/openapi.yaml?version=2024-01-01')).text())).toEqual(older);
    expect(await paths()).toContain('/v1/tenants');

    const unknown = await get('/openapi.json?version=2024-06-30');
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({
      error: { code: 'API_VERSION_UNSUPPORTED', details: { versions: ['2024-01-01', '2026-11-01'] } },
    });
  });
});
