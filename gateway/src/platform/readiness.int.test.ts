import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReplicas } from '@plinth/rpc';
import { afterEach, expect, test } from 'vitest';
import { createDependencies } from './dependencies.ts';
import { createReadiness, type Readiness } from './readiness.ts';

const servers: Server[] = [];
let readiness: Readiness | undefined;

afterEach(() => {
  readiness?.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A replica's internal port, which says what the test wants it to. */
async function startReplica() {
  const replica = { url: '', status: 'ok', database: 'ok', asked: 0 };
  const server = createServer((_, response) => {
    replica.asked++;
    const { status, database } = replica;
    response.end(JSON.stringify({ status, checks: { database: { status: database, backend: 'postgres' } } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  replica.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return replica;
}

const OWN = {
  verifier: { state: () => 'ok' as const },
  limiter: { degradation: () => undefined },
  sharedLimits: true,
  revocations: { isRecent: () => true },
};

async function startTwo() {
  const [one, two] = [await startReplica(), await startReplica()];
  const replicas = createReplicas([one.url, two.url]);
  const internalUrls = [one.url, two.url];
  let clock = 0;
  readiness = createReadiness([{ service: 'tenancy', internalUrls, replicas }], () => clock);
  const dependencies = createDependencies(readiness, OWN);
  const health = async () => {
    clock += 10_000;
    const list = await dependencies.list();
    return Object.fromEntries(list.map(({ name, status }) => [name, status]));
  };
  return { one, two, replicas, health };
}

test('a service is up as long as one replica is, and what it should be only with all of them', async () => {
  const { one, two, health } = await startTwo();
  expect(await health()).toMatchObject({ tenancy: 'ok', 'tenancy.database': 'ok' });
  Object.assign(one, { status: 'down', database: 'down' });
  expect(await health()).toMatchObject({ tenancy: 'degraded', 'tenancy.database': 'degraded' });
  Object.assign(two, { status: 'down', database: 'down' });
  expect(await health()).toMatchObject({ tenancy: 'down', 'tenancy.database': 'down' });
});

test.each(['down', 'stopping'])(
  'a replica that is %s gets no requests until it is well again',
  async (status) => {
    const { one, replicas } = await startTwo();
    const [first, second] = replicas.all;
    const next = () => {
      const replica = replicas.take();
      replicas.release(replica);
      return replica;
    };
    one.status = status;
    await expect.poll(() => [next(), next(), next()]).not.toContain(first);
    one.status = 'ok';
    await expect.poll(() => [next(), next()]).toContain(first);
    expect([next(), next()]).toContain(second);
  },
);

test('an only replica is asked when somebody wants to know, and not otherwise', async () => {
  const one = await startReplica();
  const replicas = createReplicas([one.url]);
  readiness = createReadiness([{ service: 'tenancy', internalUrls: [one.url], replicas }]);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(one.asked).toBe(0);
  await Promise.all([readiness.recent(), readiness.recent()]);
  expect(one.asked).toBe(1);
});
