import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  callerHeaders,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from './test-gateway.ts';

let tenancy: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  tenancy = await startUpstream();
  gateway = await startGateway({ services: { tenancy: tenancy.url, identity: tenancy.url } });
});

afterAll(async () => {
  await gateway.close();
  await tenancy.close();
});

test('an admitted request reaches its service with a passport and without the credential', async () => {
  const answer = await send(`${gateway.url}/v1/tenants/tnt_1?x=%2F`, { headers: callerHeaders() });
  expect(answer.status).toBe(200);
  const { url, headers } = JSON.parse(answer.body);
  expect(url).toBe('/v1/tenants/tnt_1?x=%2F');
  expect(headers.authorization).toBeUndefined();
  expect(JSON.parse(Buffer.from(headers['x-plinth-passport'], 'base64url').toString())).toMatchObject({
    scope: { tenantId: 'tnt_1' },
    service: 'tenancy',
  });
  expect(answer.headers).toMatchObject({
    'x-correlation-id': 'test-correlation-1',
    'x-api-version': '2024-01-01',
    ratelimit: expect.stringContaining('"principal"'),
  });
});
