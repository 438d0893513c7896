import { HEADERS, newId } from '@plinth/contracts';
import { createTestKeys, testMember } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callerHeaders, PLATFORM_HEADERS, type SimpleAnswer, send } from '../test-gateway.ts';
import { converse, owner, type Series, startSeries } from './series.ts';

// What a caller says of itself beside its credential. Some of it never reaches a service, and no service believes the
// rest: with it or without, the answer is the same.

const FORGED = 'forged-by-the-caller';
const ADDRESS = '203.0.113.9';
const TRACE = '0af7651916cd43dd8448eb211c80319c';

/** Said by the gateway alone, or by nobody. */
const STRIPPED: readonly (readonly [name: string, value: string])[] = [
  ['X-Plinth-Passport', FORGED],
  ['X-Plinth-Service', FORGED],
  ['X-Plinth-Tenant', FORGED],
  ['x-plinth-', FORGED],
  ['X-PLINTH-STOPPING', FORGED],
  ['X-Forwarded-For', ADDRESS],
  ['X-Forwarded-Host', FORGED],
  ['X-Forwarded-Proto', FORGED],
  ['X-Forwarded-Port', FORGED],
  ['X-Forwarded-Prefix', FORGED],
  ['X-Forwarded-User', FORGED],
  ['Forwarded', `for=${ADDRESS};host=${FORGED}`],
  ['X-Real-IP', ADDRESS],
  ['X-Idempotency-Replayed', FORGED],
  ['Cookie', `session=${FORGED}`],
  ['Proxy-Authorization', FORGED],
  ['traceparent', `00-${TRACE}-b7ad6b7169203331-01`],
  ['tracestate', `vendor=${FORGED}`],
  ['TE', 'trailers'],
  ['Keep-Alive', FORGED],
  ['X-Hop', FORGED],
];

/** Passed on, and nobody listens. */
const IGNORED: readonly (readonly [name: string, value: string])[] = [
  ['X-Tenant-Id', newId('tenant')],
  ['X-Workspace-Id', newId('workspace')],
  ['X-User-Id', newId('user')],
  ['X-User-Role', 'owner'],
  ['X-User-Email', 'root@example.com'],
  ['X-User-Permissions', '*'],
  ['X-Internal-Request', 'true'],
  ['X-Internal-Token', FORGED],
  ['X-Authenticated-User', 'root'],
  ['X-Remote-User', 'root'],
  ['X-Client-IP', ADDRESS],
  ['True-Client-IP', ADDRESS],
  ['CF-Connecting-IP', ADDRESS],
  ['X-Original-URL', '/internal/ping'],
  ['X-Rewrite-URL', '/internal/ping'],
  ['X-HTTP-Method', 'DELETE'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['Trpc-Batch-Mode', 'stream'],
  ['X-Request-Id', FORGED],
  ['Via', `1.1 ${FORGED}`],
];

let series: Series;
beforeAll(async () => {
  series = await startSeries();
});
afterAll(() => series.close());

/** What must be the same whatever was said. */
function constant({ status, headers, body }: SimpleAnswer) {
  const { date: _date, ratelimit: _left, ...rest } = headers;
  return { status, headers: rest, body };
}

const REQUESTS = {
  'a REST call': (headers: Record<string, string>) =>
    send(`${series.gateway.url}/v1/notes/first`, { headers: { ...callerHeaders(), ...headers } }),
  'a typed call': (headers: Record<string, string>) =>
    send(`${series.gateway.url}/trpc/tenancy/note.get?input=${encodeURIComponent('{"marker":"first"}')}`, {
      headers: { ...callerHeaders(), ...headers },
    }),
  'a mutation': (headers: Record<string, string>) =>
    send(`${series.gateway.url}/v1/notes`, {
      method: 'POST',
      body: '{"marker":"first"}',
      headers: { ...callerHeaders(), 'content-type': 'application/json', ...headers },
    }),
};

describe.each(Object.entries(REQUESTS))('%s', (_, ask) => {
  test.each(STRIPPED)('with %s', async (name, value) => {
    const plain = constant(await ask({}));
    expect(constant(await ask({ [name]: value, Connection: 'close, X-Hop' }))).toEqual({
      ...plain,
      headers: { ...plain.headers, connection: 'close' },
    });
    const { rawHeaders } = series.seen.at(-1) ?? expect.fail('it did not arrive');
    expect(rawHeaders.join('\n')).not.toContain(value);
  });

  test.each(IGNORED)('with %s', async (name, value) => {
    expect(constant(await ask({ [name]: value }))).toEqual(constant(await ask({})));
  });

  test('without a credential is refused, whatever else is shown', async () => {
    const everything = Object.fromEntries([...STRIPPED, ...IGNORED]);
    const before = series.seen.length;
    const { status } = await ask({ ...everything, authorization: '' });
    expect(status).toBe(401);
    expect(series.seen).toHaveLength(before);
  });
});

test('an upgrade says no more than any request', async () => {
  const streaming = await startSeries('stream');
  const said = STRIPPED.filter(([name]) => !['TE', 'Keep-Alive'].includes(name));
  const lines = said.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const [told] = await converse(
    streaming.gateway.port,
    `GET /v1/notes/first HTTP/1.1\r\nHost: x\r\n${streaming.credential()}\r\nX-API-Version: 2024-01-01\r\nX-Correlation-Id: upgrade-1\r\n${lines}Connection: Upgrade, X-Hop\r\nUpgrade: websocket\r\n\r\n`,
  );
  expect(told?.body).toBe('{"marker":"first","address":"127.0.0.1"}');
  const { rawHeaders, headers } = streaming.seen[0] ?? expect.fail('it did not arrive');
  for (const [, value] of said) expect(rawHeaders.join('\n')).not.toContain(value);
  expect(headers[HEADERS.passport]).toMatch(/^ey/);
  await streaming.close();
});

describe('the service itself', () => {
  const PATHS = [
    '/v1/notes/first',
    '/trpc/tenancy/note.get?input=%7B%22marker%22%3A%22first%22%7D',
    '/internal/ping?input=%7B%7D',
  ];
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  /** What might be taken for a passport. */
  const FORGERIES: Record<string, () => Promise<Record<string, string>> | Record<string, string>> = {
    nothing: () => ({}),
    'a token of the issuer': () => ({ authorization: series.credential().replace('Authorization: ', '') }),
    'a token as a passport': () => ({ [HEADERS.passport]: series.credential().replace(/.* /, '') }),
    rubbish: () => ({ [HEADERS.passport]: FORGED, [HEADERS.serviceToken]: FORGED }),
    'an unsigned passport': () => ({
      [HEADERS.passport]: `${encode({ alg: 'none' })}.${encode({ ...owner, aud: 'tenancy' })}.`,
    }),
    'a passport for another service': async () => ({
      [HEADERS.passport]: await series.keys.passport(owner, 'gateway'),
    }),
    'a passport of another installation': async () => {
      const others = await createTestKeys();
      const passport = await others.passport(testMember('owner'), 'tenancy');
      await others.remove();
      return { [HEADERS.passport]: passport };
    },
    'a passport whose owner was changed': async () => {
      const [header, , signature] = (await series.keys.passport(owner, 'tenancy')).split('.');
      return { [HEADERS.passport]: `${header}.${encode({ ...owner, id: 'usr_other' })}.${signature}` };
    },
    "a service's token for another": async () => ({
      [HEADERS.serviceToken]: await series.keys.serviceToken('gateway', 'identity'),
    }),
    'headers that say so': () => Object.fromEntries(IGNORED),
  };

  test.each(Object.entries(FORGERIES))('answers %s with 401', async (_, forge) => {
    for (const path of PATHS) {
      const headers = { ...PLATFORM_HEADERS, ...(await forge()) };
      const { status, body } = await send(series.serviceUrl + path, { headers });
      expect(status, path).toBe(401);
      expect(body).not.toContain('"first"');
    }
  });

  test('shows its internal procedures to no caller, by whatever path', async () => {
    const before = series.seen.length;
    for (const path of [
      '/internal/ping',
      '/internal/ping/',
      '//internal/ping',
      '/%69nternal/ping',
      '/v1/notes/../../internal/ping',
      '/v1/notes/%2e%2e/%2e%2e/internal/ping',
      '/v1/notes/..%2f..%2finternal%2fping',
      '/v1/notes/..\\..\\internal\\ping',
      '/trpc/internal/ping',
      '/trpc/tenancy/../../internal/ping',
      '/trpc/tenancy/..;/internal/ping',
    ]) {
      const [told] = await converse(
        series.gateway.port,
        `GET ${path}?input=%7B%7D HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${series.credential()}\r\nX-API-Version: 2024-01-01\r\nX-Correlation-Id: internal-1\r\n\r\n`,
      );
      expect(told?.status, path).toBe(404);
    }
    expect(series.seen.slice(before).filter(({ url }) => url?.startsWith('/internal'))).toEqual([]);
  });
});
