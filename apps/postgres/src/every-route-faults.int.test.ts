import { randomUUID } from 'node:crypto';
import { routesOf } from '@plinth/service';
import { elapsed, isFullSize, startTestProxy, testSuperuserUrl } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appRouter } from './router.ts';
import { openPostgres, schemaOf } from './testing/harness.ts';
import { ROUTE_REQUESTS, type RouteRequest } from './testing/route-requests.ts';

// What every route answers while one of the two databases is away that it may need, and that it works again afterwards with
// nothing lost.

const PROMISED_MS = 5_000;

const proxies = {
  cluster: await startTestProxy(testSuperuserUrl()),
  own: await startTestProxy(testSuperuserUrl()),
};
afterAll(() => Promise.all(Object.values(proxies).map((proxy) => proxy.close())));

const { makeWorkspace, newMember, send, sql } = await openPostgres({
  sqlCredentials: true,
  through: proxies.cluster.url,
  ownThrough: proxies.own.url,
});
const owner = newMember('owner');
const ids: Record<string, string> = { workspaceId: owner.workspaceId ?? '' };

const changes = new Set<string>(
  routesOf(appRouter)
    .filter(({ type, route }) => type === 'mutation' && !route.native)
    .map(({ route }) => `${route.method} ${route.path}`),
);
const isOfCredentials = ({ route }: RouteRequest): boolean => route.includes('/credentials');
const isChange = ({ route }: RouteRequest): boolean => changes.has(route);

/** With a key where something changes, as the gateway demands it. */
const ask = ({ route: _, ...request }: RouteRequest) =>
  send(owner, {
    ...request,
    url: request.url.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none'),
    ...(request.method !== 'GET' && { headers: { 'idempotency-key': randomUUID() } }),
  });

interface Answered {
  request: RouteRequest;
  answer: Awaited<ReturnType<typeof ask>>;
}

const told = (answers: readonly Answered[]) =>
  answers.map(({ request, answer }) => `${request.route} ${answer.status} ${answer.headers['retry-after']}`);

const first = (route: RouteRequest['route']) => ROUTE_REQUESTS.filter((request) => request.route === route);
const makeTable = first('POST /v1/postgres/{workspaceId}/tables');
const makeCredential = first('POST /v1/workspaces/{workspaceId}/credentials');
const reads = ROUTE_REQUESTS.filter(
  ({ method, url }) => method === 'GET' && /(tables|credentials|double\?n=2|openapi.json)$/.test(url),
);

async function expectAllIsBack(): Promise<void> {
  for (const read of reads)
    await expect.poll(async () => (await ask(read)).status, { message: read.route }).toBe(200);
}

beforeAll(async () => {
  await makeWorkspace(owner);
  for (const request of makeTable) await ask(request);
  for (const request of makeCredential) ids.credentialId = (await ask(request)).body.id;
  await sql(`
    set role ${schemaOf(owner)}_owner; set search_path to ${schemaOf(owner)};
    insert into note (id, title) values (7, 'Kept');
    create function double(n int) returns int immutable language sql as 'select n * 2'`);
});

/** What is there of schema and rows, as the server itself has it. */
const contents = () =>
  sql(`
    select (select json_agg(title) from ${schemaOf(owner)}.note where id = 7) as kept,
      (select json_agg(relname order by relname) from pg_class where relnamespace = '${schemaOf(owner)}'::regnamespace) as relations,
      (select json_agg(proname order by proname) from pg_proc where pronamespace = '${schemaOf(owner)}'::regnamespace) as functions`);

/** Schemas, rows and functions are of the cluster; logins, and the record of what changed, are of the service's own. */
const needs = {
  cluster: (request: RouteRequest) => !isOfCredentials(request) || request.method !== 'GET',
  own: (request: RouteRequest) => isOfCredentials(request) || isChange(request),
};

describe.each(['cluster', 'own'] as const)('a database is not there: %s', (which) => {
  const answers: Answered[] = [];
  let longest = 0;
  let before: unknown;

  beforeAll(async () => {
    before = await contents();
    const { port } = new URL(proxies[which].url);
    await proxies[which].close();
    for (const request of ROUTE_REQUESTS) {
      const took = await elapsed(async () => answers.push({ request, answer: await ask(request) }));
      longest = Math.max(longest, took);
    }
    proxies[which] = await startTestProxy(testSuperuserUrl(), Number(port));
  });

  test('every route that needs it says so in time, and when to come back; every other goes on', () => {
    const without = answers.filter(({ request }) => needs[which](request));
    expect(told(without)).toEqual(ROUTE_REQUESTS.filter(needs[which]).map(({ route }) => `${route} 503 1`));
    const others = answers.filter(({ request }) => !needs[which](request));
    expect(told(others.filter(({ answer }) => answer.status >= 500))).toEqual([]);
    expect(longest).toBeLessThan(PROMISED_MS);
  });

  test('afterwards all works again, and nothing was lost or changed', async () => {
    await expectAllIsBack();
    expect(await contents()).toEqual(before);
  });
});

// A server that holds its tongue is waited for, so this takes its time.
describe.runIf(isFullSize).each(['cluster', 'own'] as const)('a database stands still: %s', (which) => {
  test('every route is answered with something typed, and works again', async () => {
    proxies[which].freeze();
    const answers = await Promise.all(
      ROUTE_REQUESTS.map(async (request) => ({ request, answer: await ask(request) })),
    );
    proxies[which].thaw();
    const failed = answers.filter(({ answer }) => answer.status >= 500);
    expect(failed.length).toBeGreaterThan(0);
    expect(told(failed.filter(({ answer }) => answer.status !== 503 && answer.status !== 504))).toEqual([]);
    await expectAllIsBack();
  });
});
