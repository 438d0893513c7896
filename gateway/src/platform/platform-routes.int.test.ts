import { DEGRADED_MODES, type DegradedPart } from '@plinth/contracts';
import { createHealth, createMetrics } from '@plinth/service';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { send, startGateway, type TestGateway } from '../test-gateway.ts';
import { createDependencies } from './dependencies.ts';
import { createReadiness } from './readiness.ts';
import { healthSchema, infoSchema } from './platform.schema.ts';
import { platformRoutes } from './platform-routes.ts';

let databaseIsUp = true;
let degradation: string | undefined;
let clock = 0;
let gateway: TestGateway;
const tenancy = createHealth({
  service: 'tenancy',
  metrics: createMetrics('tenancy'),
  checks: [
    {
      name: 'postgres',
      backend: 'embedded-postgres',
      check: async () => {
        if (!databaseIsUp) throw new Error('down');
      },
    },
  ],
});

beforeAll(async () => {
  await new Promise<void>((resolve) => tenancy.server.listen(0, '127.0.0.1', resolve));
  const { port } = tenancy.server.address() as AddressInfo;
  const dependencies = createDependencies(
    createReadiness([{ service: 'tenancy', internalUrls: [`http://127.0.0.1:${port}`] }], () => clock),
    {
      verifier: { state: () => 'ok' },
      limiter: { degradation: () => degradation },
      sharedLimits: true,
      revocations: { isRecent: () => degradation === undefined },
    },
  );
  gateway = await startGateway({
    ownRoutes: platformRoutes({ version: '1.2.3', deprecations: {}, dependencies }),
  });
});

afterAll(async () => {
  await gateway.close();
  tenancy.server.closeAllConnections();
  tenancy.server.close();
});

async function health() {
  clock += 10_000;
  const answer = await send(`${gateway.url}/v1/platform/health`);
  return { status: answer.status, json: JSON.parse(answer.body), headers: answer.headers };
}

test('health is open to anybody, and good while everything is', async () => {
  const { status, json, headers } = await health();
  expect(status).toBe(200);
  expect(headers['x-correlation-id']).toMatch(/.{8,}/);
  expect(healthSchema.parse(json).status).toBe('ok');
  expect(json.dependencies).toEqual([
    { name: 'tenancy', status: 'ok' },
    { name: 'tenancy.postgres', status: 'ok', backend: 'embedded-postgres' },
    { name: 'gateway.keys', status: 'ok' },
    { name: 'gateway.limits', status: 'ok', backend: 'redis' },
    { name: 'gateway.revocations', status: 'ok', backend: 'redis' },
  ]);
});

test('what is down is named, with what it takes along', async () => {
  databaseIsUp = false;
  degradation = 'no_answer';
  const { status, json } = await health();
  databaseIsUp = true;
  degradation = undefined;
  expect(status).toBe(200);
  expect(json.status).toBe('degraded');
  const told = (part: DegradedPart) => {
    const { affects, stillWorks } = DEGRADED_MODES[part];
    return { name: part, affects, stillWorks };
  };
  expect(json.dependencies).toEqual([
    { ...told('tenancy'), status: 'down' },
    { ...told('tenancy.postgres'), status: 'down', backend: 'embedded-postgres' },
    { name: 'gateway.keys', status: 'ok' },
    { ...told('gateway.limits'), status: 'degraded', backend: 'redis' },
    { ...told('gateway.revocations'), status: 'degraded', backend: 'redis' },
  ]);
});

const STAYING = { deprecatedSince: null, sunset: null };

test('info tells version, API versions and what stands behind each port', async () => {
  clock += 10_000;
  const answer = await send(`${gateway.url}/v1/platform/info`);
  expect(answer.status).toBe(200);
  expect(infoSchema.parse(JSON.parse(answer.body))).toEqual({
    name: 'plinth',
    version: '1.2.3',
    apiVersions: ['2024-01-01', '2026-11-01'],
    newestApiVersion: '2026-11-01',
    versions: [
      { date: '2024-01-01', status: 'supported', ...STAYING, document: '/openapi.json?version=2024-01-01' },
      { date: '2026-11-01', status: 'current', ...STAYING, document: '/openapi.json?version=2026-11-01' },
    ],
    backends: {
      'tenancy.postgres': 'embedded-postgres',
      'gateway.limits': 'redis',
      'gateway.revocations': 'redis',
    },
  });
});

test('the front door leads to the documents', async () => {
  const { status, headers } = await send(`${gateway.url}/`);
  expect({ status, location: headers.location }).toEqual({ status: 302, location: '/docs' });
});

test('a service that is gone is down, and the gateway says so', async () => {
  const dependencies = createDependencies(
    createReadiness([{ service: 'identity', internalUrls: ['http://127.0.0.1:1'] }]),
    {
      verifier: { state: () => 'ok' },
      limiter: { degradation: () => undefined },
      sharedLimits: false,
      revocations: { isRecent: () => true },
    },
  );
  expect(await dependencies.list()).toContainEqual(
    expect.objectContaining({ name: 'identity', status: 'down' }),
  );
});
