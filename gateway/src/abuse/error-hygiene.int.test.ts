import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { AppError } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestIssuer } from '../authenticate/test-issuer.ts';
import type { OwnRoute } from '../own-routes.ts';
import { type Route, routesFor } from '../routes.ts';
import { callerHeaders, send, startGateway, type TestGateway } from '../test-gateway.ts';

// What stands behind the gateway answers with everything but what it should, and each answer holds something that is
// nobody's business: the caller is told which service it was, under which code and id, and no more than that.

const CANARY = 'canary-7f3a';
const INSIDE =
  /canary|<html|nginx|\.[cm]?ts\b|node_modules|\bat \S+ \(|127\.0\.0\.1|:\d{4,5}\b(?!-)|ECONN|UND_ERR|undici|eyJ/i;

const HTML = `<html><body><h1>502</h1>nginx at ${CANARY}.internal:8443</body></html>`;
const STACK = `Error: ${CANARY}\n    at query (/srv/app/${CANARY}.ts:1:1)`;
const answerOf = (status: string, type: string, body: string) =>
  `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

type Behaviour = (socket: Socket) => void;
const says =
  (bytes: string): Behaviour =>
  (socket) =>
    void socket.end(bytes, 'latin1');

/** On either carrier. */
const BROKEN: Record<string, Behaviour> = {
  'a reset': (socket) => void socket.resetAndDestroy(),
  'an end without a word': (socket) => void socket.end(),
  rubbish: says(`${CANARY} ${CANARY}\r\n\r\n`),
  'another protocol': says('\x15\x03\x01\x00\x02\x02\x28'),
  'a mail server': says(`220 ${CANARY}.internal ESMTP\r\n`),
  'half a status line': says('HTTP/1.1 2'),
  'half a head': says(`HTTP/1.1 200 OK\r\nX-A: ${CANARY}`),
  'a head beyond all bounds': says(`HTTP/1.1 200 OK\r\nX-A: ${CANARY.repeat(20_000)}\r\n\r\n`),
  'a header that is none': says(`HTTP/1.1 200 OK\r\n${CANARY}\r\n\r\n`),
  'a header with a NUL': says(`HTTP/1.1 200 OK\r\nX-A: ${CANARY}\0\r\n\r\n`),
  'two lengths': says(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n${CANARY}`),
  'a length and chunks': says(
    `HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n${CANARY}`,
  ),
  silence: () => undefined,
};

/** Where only JSON is promised. */
const STRANGE: Record<string, Behaviour> = {
  'a page of a proxy': says(answerOf('502 Bad Gateway', 'text/html', HTML)),
  'a page that says unavailable': says(answerOf('503 Service Unavailable', 'text/html', HTML)),
  'a page that was not found': says(answerOf('404 Not Found', 'text/html', HTML)),
  'a stack as text': says(answerOf('500 Internal Server Error', 'text/plain', STACK)),
  'a stack as JSON': says(
    answerOf('500 Internal Server Error', 'application/json', JSON.stringify({ error: STACK })),
  ),
  "a framework's own refusal": says(
    answerOf(
      '400 Bad Request',
      'application/json',
      `{"error":"Bad Request","message":"${CANARY}","statusCode":400}`,
    ),
  ),
  'a challenge': says(
    `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="${CANARY}"\r\nContent-Length: 0\r\n\r\n`,
  ),
};

/** Identity, when it is asked for a passport. */
const EXCHANGES: Record<string, () => Promise<never>> = {
  'an error': () => Promise.reject(new Error(CANARY)),
  'an error with a cause': () => Promise.reject(new Error('a', { cause: new Error(CANARY) })),
  'a text': () => Promise.reject(CANARY),
  'nothing at all': () => Promise.reject(undefined),
  'a refused connection': () =>
    Promise.reject(Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:5432`), { code: 'ECONNREFUSED' })),
  'a fault of its own': () => Promise.reject(new AppError('INTERNAL_ERROR', { cause: new Error(CANARY) })),
  'a database that is away': () =>
    Promise.reject(new AppError('DATABASE_UNAVAILABLE', { cause: new Error(CANARY) })),
  'a refusal of the gateway': () =>
    Promise.reject(new AppError('UNAUTHENTICATED', { cause: new Error(CANARY) })),
};

/** The issuer, when it is asked for its keys. */
const KEY_SETS: Record<string, { status: number; body: string }> = {
  'a page': { status: 200, body: HTML },
  'a stack': { status: 500, body: STACK },
  'half a key set': { status: 200, body: `{"keys":[{"kid":"${CANARY}"` },
  'keys of rubbish': { status: 200, body: `{"keys":[{"kid":"${CANARY}","kty":"RSA","n":1}]}` },
  'something else': { status: 200, body: `["${CANARY}"]` },
};

/** The gateway itself, on a route of its own. */
const OWN: Record<string, () => void> = {
  'an error of its own': () => {
    throw new Error(CANARY);
  },
  'a bug of its own': () => JSON.parse(`{${CANARY}`),
  'a text of its own': () => {
    throw CANARY;
  },
  'an error of ours with a cause': () => {
    throw new AppError('SERVICE_UNAVAILABLE', { cause: new Error(CANARY) });
  },
};

let behave: Behaviour = () => undefined;
let server: Server;
let url: string;
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => behave(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const PATHS = ['/v1/tenants', '/api/v1/organizations', '/trpc/tenancy/tenant.list'];

/** A fault, told as such and no more, to the caller and to whoever reads the log of requests. */
async function expectFault(gateway: TestGateway, paths = PATHS): Promise<void> {
  for (const path of paths) {
    const { status, headers, body } = await send(gateway.url + path, { headers: callerHeaders() });
    expect([500, 502, 503, 504], path).toContain(status);
    expect(body + JSON.stringify(headers)).not.toMatch(INSIDE);
    const { error, meta } = JSON.parse(body);
    expect(error.data?.code ?? error.details?.code ?? error.code).toMatch(/^[A-Z_]+$/);
    expect(error.data?.correlationId ?? meta?.request_id ?? error.correlationId).toBe('test-correlation-1');
    expect(headers['x-correlation-id']).toBe('test-correlation-1');
  }
  const told = gateway.log().filter(({ level }) => Number(level) <= 30);
  expect(JSON.stringify(told)).not.toMatch(/canary|eyJ/);
}

describe.each([
  ['json', { ...BROKEN, ...STRANGE }],
  ['stream', BROKEN],
] as const)('a service over the %s carrier answers', (carrier, behaviours) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const routes: Route[] = routesFor('keycloak').map((route) => ({ ...route, carrier }));
    gateway = await startGateway({
      routes,
      services: { tenancy: url },
      answerWithinMs: { json: 300, stream: 300 },
    });
  });
  afterAll(() => gateway.close());

  test.each(Object.entries(behaviours))('%s', async (_, behaviour) => {
    behave = behaviour;
    await expectFault(gateway);
  });
});

test('a service that is not there', async () => {
  const gateway = await startGateway({ services: { tenancy: 'http://127.0.0.1:1' } });
  await expectFault(gateway);
  await gateway.close();
});

test('a service whose name nobody knows', async () => {
  const gateway = await startGateway({ services: { tenancy: `http://${CANARY}.invalid:5432` } });
  await expectFault(gateway);
  await gateway.close();
});

test.each(Object.entries(EXCHANGES))('identity answers %s', async (_, exchange) => {
  const gateway = await startGateway({ services: { tenancy: url }, exchange });
  await expectFault(gateway);
  await gateway.close();
});

test.each(Object.entries(KEY_SETS))('the issuer answers %s', async (_, answer) => {
  const issuer = await startTestIssuer([]);
  issuer.answer = answer;
  const gateway = await startGateway({ services: { tenancy: url }, issuer });
  await expectFault(gateway);
  await gateway.close();
  await issuer.close();
});

test.each(Object.entries(OWN))('the gateway meets %s', async (_, handle) => {
  const ownRoutes: OwnRoute[] = [{ method: 'GET', path: '/v1/platform/own', handle }];
  const gateway = await startGateway({ services: {}, ownRoutes });
  await expectFault(gateway, ['/v1/platform/own']);
  await gateway.close();
});
