import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isFullSize } from '@plinth/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOSTILE_TOKENS } from './authenticate/hostile-tokens.ts';
import {
  ecKey,
  goodClaims,
  type IssuerKey,
  rsaKey,
  signToken,
  startTestIssuer,
  type TestIssuer,
  unsigned,
} from './authenticate/test-issuer.ts';
import {
  ISSUER,
  PLATFORM_HEADERS,
  type SimpleAnswer,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from './test-gateway.ts';

// Bad tokens at the public edge: each is refused in the same words, whichever way it is shown; none makes the gateway ask
// anybody but its issuer, and its issuer no more often than it likes.

const rsa = rsaKey('rsa-1');
const ec = ecKey('ec-1');

let issuer: TestIssuer;
let upstream: TestUpstream;
let gateway: TestGateway;

const now = () => Math.floor(Date.now() / 1_000);
const tokenBy = (key: IssuerKey, header: object = {}): string =>
  signToken(key, goodClaims(ISSUER, now()), { ...header });

const startWith = (from: TestIssuer): Promise<TestGateway> =>
  startGateway({
    services: { tenancy: upstream.url },
    issuer: from,
    addressLimits: { auth: 1_000_000, refusals: 1_000_000 },
  });

const show = (shown: Record<string, string>, path = '/v1/tenants', at = gateway): Promise<SimpleAnswer> =>
  send(at.url + path, { headers: { ...PLATFORM_HEADERS, ...shown } });
const bearer = (token: string, at = gateway) =>
  show({ authorization: `Bearer ${token}` }, '/v1/tenants', at).then(({ status }) => status);

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());
beforeEach(async () => {
  issuer = await startTestIssuer([rsa, ec]);
  gateway = await startWith(issuer);
  return async () => {
    await gateway.close();
    await issuer.close();
  };
});

test('every bad token is the same 401 in every way that it can be shown, and nobody else is asked', async () => {
  const canary = createServer((_request, response) => {
    asked += 1;
    response.end('{"keys":[]}');
  }).listen(0, '127.0.0.1');
  let asked = 0;
  await new Promise((resolve) => canary.once('listening', resolve));
  const elsewhere = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/keys`;

  const shapes = new Map<string, Set<string>>();
  for (const [name, code, make] of HOSTILE_TOKENS) {
    const token = make({ issuer: ISSUER, now: now(), rsa, ec, elsewhere });
    const answers = [
      await show({ authorization: `Bearer ${token}` }),
      await show({ authorization: `Api-Key ${token}` }),
      await show({ 'x-api-key': token }),
      await show({ authorization: `Bearer ${token}`, connection: 'Upgrade', upgrade: 'websocket' }),
    ];
    for (const { status, headers, body } of answers) {
      const { error } = JSON.parse(body);
      expect([status, error.code], name).toEqual([401, code]);
      expect(headers['x-correlation-id']).toBe(error.correlationId);
      expect(body).not.toContain(token.slice(0, 40));
      const shape = JSON.stringify([
        error.message,
        Object.keys(error).sort(),
        headers['www-authenticate'],
        Object.keys(headers)
          .filter((name) => !['connection', 'keep-alive'].includes(name))
          .sort(),
      ]);
      shapes.set(code, (shapes.get(code) ?? new Set()).add(shape));
    }
    const typed = await show({ authorization: `Bearer ${token}` }, '/trpc/tenancy/tenant.list');
    expect([typed.status, JSON.parse(typed.body).error.data.code], name).toEqual([401, code]);
  }
  expect([...shapes].map(([code, seen]) => [code, seen.size])).toEqual([
    ['TOKEN_INVALID', 1],
    ['TOKEN_EXPIRED', 1],
  ]);
  expect(gateway.exchanged).toEqual([]);
  expect(asked).toBe(0);
  expect(JSON.stringify(gateway.log())).not.toMatch(/ey[\w-]{20}/);
  canary.close();
});

test('a token of a megabyte is refused before it is looked at', async () => {
  const answer = await show({ authorization: `Bearer ${'x'.repeat(1_000_000)}` });
  expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([431, 'HEADERS_TOO_LARGE']);
  expect(await bearer(tokenBy(rsa))).toBe(200);
});

/** Good but for its kid, which is looked up before the signature is. */
const madeUp = (kid: string) =>
  unsigned({ alg: 'RS256', kid, typ: 'JWT' }, goodClaims(ISSUER, now()), 'AAAA');

/** Callers that go on and on until they are told to stop; resolves to the statuses that they got, and how often. */
function keepCalling(token: () => string, callers = 2) {
  const statuses = new Map<number, number>();
  let isOver = false;
  const done = Promise.all(
    Array.from({ length: callers }, async () => {
      while (!isOver) {
        const status = await bearer(token());
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }),
  );
  return {
    /** That many more good answers. */
    atLeast: (more: number) => {
      const until = (statuses.get(200) ?? 0) + more;
      return expect.poll(() => statuses.get(200) ?? 0).toBeGreaterThan(until);
    },
    async stop() {
      isOver = true;
      await done;
      return [...statuses.keys()];
    },
  };
}

const FLOOD = isFullSize ? 5_000 : 500;

describe('the issuer', () => {
  async function flood(): Promise<{ statuses: number[]; seconds: number }> {
    const began = Date.now();
    const statuses = new Set<number>();
    let sent = 0;
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        while (sent < FLOOD) statuses.add(await bearer(madeUp(`made-up-${sent++}`)));
      }),
    );
    return { statuses: [...statuses], seconds: (Date.now() - began) / 1_000 };
  }

  test(`is asked once in 30 seconds by ${FLOOD} made-up keys, and valid callers notice nothing`, async () => {
    expect(await bearer(tokenBy(rsa))).toBe(200);
    issuer.fetches = 0;
    const valid = keepCalling(() => tokenBy(rsa));
    const { statuses, seconds } = await flood();
    expect(await valid.stop()).toEqual([200]);
    expect(statuses).toEqual([401]);
    expect(issuer.fetches).toBeLessThanOrEqual(1 + seconds / 30);
  });

  test('that has no keys to give is asked no more often than it takes to get the first', async () => {
    const empty = await startTestIssuer([]);
    const early = await startWith(empty);
    const statuses = new Set<number>();
    const began = Date.now();
    for (let sent = 0; sent < 50; sent++) statuses.add(await bearer(madeUp(`made-up-${sent}`), early));
    expect([...statuses]).toEqual([503]);
    const doublings = Math.log2(1 + (Date.now() - began) / 1_000);
    expect(empty.fetches).toBeLessThanOrEqual(2 + doublings);
    await early.close();
    await empty.close();
  });

  test('may go away: what it signed before stays good, and what nobody can check any more is no 401', async () => {
    expect(await bearer(tokenBy(rsa))).toBe(200);
    issuer.answer = { status: 500, body: 'canary' };
    expect(await bearer(tokenBy(ec, { alg: 'ES256' }))).toBe(200);
    expect(await bearer(madeUp('nobody'))).toBe(401);
    expect(await bearer(tokenBy(rsa))).toBe(200);

    const late = await startWith(issuer);
    const { status, headers, body } = await show({ authorization: `Bearer ${tokenBy(rsa)}` }, '/v1/me', late);
    expect([status, JSON.parse(body).error.code]).toEqual([503, 'AUTH_UNAVAILABLE']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body).not.toContain('canary');
    await late.close();
  });

  test('changes its key under load, and nobody is refused', async () => {
    let signing = rsa;
    const callers = keepCalling(() => tokenBy(signing));
    await callers.atLeast(10);
    for (const next of [rsaKey('rsa-2'), rsaKey('rsa-3')]) {
      issuer.keys = [next, signing];
      signing = next;
      await callers.atLeast(10);
    }
    expect(await callers.stop()).toEqual([200]);
  });
});
