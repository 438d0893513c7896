import { fromRatesHeader, HEADERS } from '@plinth/contracts';
import { isInnerList, parseItem, parseList } from 'structured-headers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { routesFor } from '../routes.ts';
import {
  callerHeaders,
  PLATFORM_HEADERS,
  type SimpleAnswer,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from '../test-gateway.ts';

// What a caller is told of its limits, in every dialect: as fields that any parser of RFC 9651 reads.

const [someRoute] = routesFor('keycloak').filter(({ prefix }) => prefix === '/v1/tenants');
const ROUTES = [
  ...routesFor('keycloak'),
  ...(someRoute ? [{ ...someRoute, prefix: '/api/v1/deployments', scope: [] }] : []),
];
const QUOTA = 2;
const WINDOW_SECONDS = 3_600;

let upstream: TestUpstream;
let gateway: TestGateway;
let key = 0;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    services: { tenancy: upstream.url, identity: upstream.url },
    routes: ROUTES,
    addressLimits: { auth: 1_000, refusals: 1 },
    exchange: async () => ({
      passport: 'p',
      // So soon that it is exchanged anew for every request.
      expiresAt: Math.floor(Date.now() / 1_000),
      limits: [
        { policy: 'principal', key: `p${key}`, quota: QUOTA, windowSeconds: WINDOW_SECONDS },
        { policy: 'tenant', key: `t${key}`, quota: 100, windowSeconds: 2 * WINDOW_SECONDS },
      ],
    }),
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  key += 1;
});

function listOf(answer: SimpleAnswer, name: string): unknown[] {
  return parseList(String(answer.headers[name])).map((item) => {
    if (isInnerList(item)) throw new Error(`${name} holds a list in a list`);
    return [item[0], Object.fromEntries(item[1])];
  });
}

const integerOf = (answer: SimpleAnswer, name: string): number => {
  const [value, parameters] = parseItem(String(answer.headers[name]));
  expect(parameters.size).toBe(0);
  expect(Number.isInteger(value)).toBe(true);
  return Number(value);
};

const POLICIES = [
  ['principal', { q: QUOTA, w: WINDOW_SECONDS }],
  ['tenant', { q: 100, w: 2 * WINDOW_SECONDS }],
];

describe.each([
  ['platform', '/v1/tenants'],
  ['organization', '/api/v1/organizations/org_1'],
  ['deployments', '/api/v1/deployments'],
  ['typed', '/trpc/tenancy/tenant.list'],
])('in the %s dialect', (dialect, path) => {
  const ask = (more: Record<string, string> = {}) =>
    send(`${gateway.url}${path}`, { headers: { ...callerHeaders(), ...more } });

  test('every answer says what is left, and a refusal when to come back', async () => {
    const answers = [await ask(), await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    for (const [i, answer] of answers.entries()) {
      expect(listOf(answer, 'ratelimit-policy')).toEqual(POLICIES);
      expect(listOf(answer, 'ratelimit')).toEqual([
        ['principal', { r: Math.max(0, QUOTA - 1 - i), t: expect.any(Number) }],
        ['tenant', { r: 99 - Math.min(i, 1), t: expect.any(Number) }],
      ]);
    }
    const [admitted, , refused] = answers;
    expect(admitted?.headers).not.toHaveProperty('retry-after');
    if (!refused) throw new Error('nothing was refused');
    const wait = integerOf(refused, 'retry-after');
    const reset = Number(/"principal";r=0;t=(\d+)/.exec(String(refused.headers.ratelimit))?.[1]);
    expect(wait).toBeGreaterThanOrEqual(reset);
    expect(wait).toBeLessThanOrEqual(reset * 1.1);
    expect(refused.headers['content-type']).toContain('application/json');
    if (dialect !== 'deployments') expect(refused.body).toContain('"violatedPolicies":["principal"]');
  });

  test('a refusal is counted, and is a line in the log', async () => {
    await ask();
    await ask();
    const id = `refused-${dialect}-1`;
    expect((await ask({ 'x-correlation-id': id })).status).toBe(429);
    await expect
      .poll(() => gateway.log())
      .toContainEqual(expect.objectContaining({ correlationId: id, status: 429, exit: 'RATE_LIMITED' }));
    const metrics = await gateway.metrics();
    expect(metrics).toMatch(/plinth_gateway_requests_total\{upstream="tenancy",method="GET",status="429"/);
    expect(metrics).toMatch(/plinth_gateway_exits_total\{reason="RATE_LIMITED"/);
  });
});

test('whoever guesses too often is told so in the same fields', async () => {
  const guess = () =>
    send(`${gateway.url}/v1/tenants`, { headers: { ...PLATFORM_HEADERS, authorization: 'Bearer guess' } });
  expect((await guess()).status).toBe(401);
  const refused = await guess();
  expect(refused.status).toBe(429);
  expect(listOf(refused, 'ratelimit-policy')).toEqual([['refusals', { q: 1, w: 60 }]]);
  expect(listOf(refused, 'ratelimit')).toEqual([['refusals', { r: 0, t: expect.any(Number) }]]);
  expect(integerOf(refused, 'retry-after')).toBeGreaterThan(0);
});

describe('a service', () => {
  const told = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await send(gateway.url + path, { headers: { ...callerHeaders(), ...headers } });
    return { answer, rates: fromRatesHeader(JSON.parse(answer.body).headers[HEADERS.rates]) };
  };

  test.each(['/v1/me', '/v1/me/limits', '/trpc/identity/me.limits'])(
    'that tells limits on %s is told what was just counted, as the answer says it',
    async (path) => {
      for (const remaining of [1, 0]) {
        const { answer, rates } = await told(path);
        expect(rates).toEqual([
          expect.objectContaining({
            policy: 'principal',
            quota: QUOTA,
            windowSeconds: WINDOW_SECONDS,
            remaining,
          }),
          expect.objectContaining({ policy: 'tenant', quota: 100, remaining: 98 + remaining }),
        ]);
        const said = rates?.map(({ policy, remaining: r, resetSeconds: t }) => [policy, { r, t }]);
        expect(listOf(answer, 'ratelimit')).toEqual(said);
      }
    },
  );

  test('hears nothing of it on other routes, and nothing that the caller says of it', async () => {
    const forged = { [HEADERS.rates]: '[]' };
    expect((await told('/v1/tenants', forged)).rates).toBeUndefined();
    expect((await told('/v1/me/limits', forged)).rates).toHaveLength(2);
  });
});
