import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fleet, startFleet } from './fleet.ts';
import { startBalancedLoad } from './balanced-load.ts';
import { prepareTraffic } from './traffic.ts';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet({ shutdownDelayMs: 1_000 });
});
afterAll(() => fleet?.stop());

const healthOf = async (url: string) => (await fetch(`${url}/v1/platform/health`)).json();

async function signIn(url: string): Promise<number> {
  const { email, password } = fleet.users.owner;
  const response = await fetch(`${url}/v1/auth/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-version': '2024-01-01',
      'x-correlation-id': 'fleet-test-1',
    },
    body: JSON.stringify({ grant_type: 'password', username: email, password }),
  });
  return response.status;
}

test('two of each run on databases that they migrated together, and every gateway signs people in', async () => {
  expect(fleet.processes.map(({ name }) => name)).toEqual([
    'tenancy-1',
    'tenancy-2',
    'identity-1',
    'identity-2',
    'postgres-1',
    'postgres-2',
    'gateway-1',
    'gateway-2',
  ]);
  for (const url of fleet.urls) {
    expect(await healthOf(url), fleet.logs()).toMatchObject({ status: 'ok' });
    expect(await signIn(url), fleet.logs()).toBe(200);
  }
});

test('what is killed stays away until the test starts it again, at the same address', async () => {
  const [, gateway] = fleet.replicasOf('gateway');
  if (!gateway) throw new Error('there is no second gateway');
  expect(await gateway.kill()).toMatchObject({ signal: 'SIGKILL' });
  expect(gateway.pid()).toBeUndefined();
  await expect(healthOf(gateway.url)).rejects.toThrow();
  await gateway.start();
  expect(await healthOf(gateway.url)).toMatchObject({ status: 'ok' });
});

test('a replica that is restarted under load fails no request, and nothing is written twice or lost', async () => {
  const [tenancy] = fleet.replicasOf('tenancy');
  if (!tenancy) throw new Error('there is no tenancy');
  const { request, workspaces } = await prepareTraffic(fleet);
  const load = startBalancedLoad({ gateways: fleet.replicasOf('gateway'), perSecond: 20, request });
  expect(await tenancy.restart('SIGTERM')).toMatchObject({ code: 0, signal: null });
  expect((await load.stop()).failures).toEqual([]);
  const { asked, there } = await workspaces();
  expect(there).toBe(asked);
});
