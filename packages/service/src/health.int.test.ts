import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createHealth, type Health, type HealthCheck } from './health.ts';
import { createMetrics } from './metrics.ts';

const metrics = createMetrics('fixture');
let health: Health;

async function start(checks: HealthCheck[]): Promise<(path: string) => Promise<Response>> {
  health = createHealth({ service: 'fixture', checks, metrics });
  await new Promise<void>((resolve) => health.server.listen(0, '127.0.0.1', resolve));
  const { port } = health.server.address() as AddressInfo;
  return (path) => fetch(`http://127.0.0.1:${port}${path}`);
}

afterEach(() => {
  health.server.close();
  health.server.closeAllConnections();
});

const up = async () => undefined;
const down = async () => {
  throw new Error('canary: password=secret');
};

describe('the health port', () => {
  test('is live and ready when all that it needs is up', async () => {
    const get = await start([{ name: 'postgres', backend: 'postgres', check: up }]);
    expect((await get('/health/live')).status).toBe(200);
    const ready = await get('/health/ready');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'ok',
      service: 'fixture',
      checks: { postgres: { status: 'ok', backend: 'postgres' } },
    });
  });

  test('is live but not ready when something that it needs is down, and keeps the reason to itself', async () => {
    const get = await start([
      { name: 'postgres', backend: 'postgres', check: down },
      { name: 'redis', backend: 'memory', check: up },
    ]);
    expect((await get('/health/live')).status).toBe(200);
    const ready = await get('/health/ready');
    expect(ready.status).toBe(503);
    const text = await ready.text();
    expect(JSON.parse(text)).toMatchObject({ status: 'down', checks: { postgres: { status: 'down' } } });
    expect(text).not.toContain('canary');
  });

  test('stays ready, degraded, without what it can do without', async () => {
    const get = await start([
      { name: 'postgres', backend: 'postgres', check: up },
      { name: 'redis', backend: 'redis', check: down, optional: true },
    ]);
    const ready = await get('/health/ready');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'degraded', checks: { redis: { status: 'down' } } });
  });

  test('gives up on a check that never answers', async () => {
    const get = await start([{ name: 'postgres', backend: 'postgres', check: () => new Promise(() => {}) }]);
    const ready = await get('/health/ready');
    expect(ready.status).toBe(503);
  });

  test('is not ready from the moment it stops', async () => {
    const get = await start([{ name: 'postgres', backend: 'postgres', check: up }]);
    health.stopping();
    const ready = await get('/health/ready');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: 'stopping' });
    expect((await get('/health/live')).status).toBe(200);
  });

  test('serves the metrics for Prometheus', async () => {
    metrics.observeRequest({ route: '/v1/things/:thingId', method: 'GET', status: 200, seconds: 0.003 });
    const get = await start([]);
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain(
      'http_request_duration_seconds_bucket{le="0.005",service="fixture",route="/v1/things/:thingId",method="GET",status="200"} 1',
    );
    expect(text).toMatch(/process_cpu_user_seconds_total\{service="fixture"\}/);
  });

  test('serves nothing else', async () => {
    const get = await start([]);
    for (const path of ['/', '/health', '/v1/tenants', '/openapi.json']) {
      expect((await get(path)).status).toBe(404);
    }
  });
});
