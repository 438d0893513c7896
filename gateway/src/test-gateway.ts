import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Deprecations, ServiceName } from '@plinth/contracts';
import { createReplicas, type Replicas } from '@plinth/rpc';
import { createLineBuffer, createLogger, createTracing } from '@plinth/service';
import { createAccessLog } from './access-log.ts';
import { createAdmit } from './admit.ts';
import { buildApp, type Gateway, type GatewayDeps } from './app.ts';
import type { FindRealm } from './authenticate/realms.ts';
import {
  goodClaims,
  type IssuerKey,
  rsaKey,
  signToken,
  startTestIssuer,
  type TestIssuer,
} from './authenticate/test-issuer.ts';
import { createTokenVerifier } from './authenticate/token-verifier.ts';
import { createCors } from './cors.ts';
import { createLimiter } from './limit/limiter.ts';
import { createGatewayMetrics } from './metrics.ts';
import type { OwnRoute } from './own-routes.ts';
import { type CallContext, createPassports, type ExchangeInput, type ExchangeOutput } from './passport.ts';
import { type Confirmation, createConfirmation } from './revocation/confirmation.ts';
import { createEpochs } from './revocation/epochs.ts';
import { type AskRevocations, startPolling } from './revocation/polling.ts';
import { type Route, routesFor } from './routes.ts';
import { createTrustedProxies } from './trusted-proxies.ts';

// A whole gateway on loopback, with a real issuer, verifier and limiter; only the services behind it are what the test
// says. The passport it sends is what was asked of identity, so that a service can tell what it got.

export const ISSUER = 'https://id.example.com/realms/plinth';
const key: IssuerKey = rsaKey('test');

export const tokenOf = (claims: object = {}): string =>
  signToken(key, { ...goodClaims(ISSUER, Math.floor(Date.now() / 1_000)), ...claims });

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestUpstream {
  url: string;
  /** What it does with a request from now on. */
  handle: Handler;
  onUpgrade: ((request: IncomingMessage, socket: Socket, head: Buffer) => void) | undefined;
  connections(): number;
  close(): Promise<void>;
}

export async function startUpstream(handle: Handler = echo): Promise<TestUpstream> {
  const sockets = new Set<Socket>();
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (req, res) => upstream.handle(req, res));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.on('upgrade', (req, socket: Socket, head) =>
    upstream.onUpgrade ? upstream.onUpgrade(req, socket, head) : socket.destroy(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: TestUpstream = {
    url: `http://127.0.0.1:${portOf(server)}`,
    handle,
    onUpgrade: undefined,
    connections: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return upstream;
}

const portOf = (server: { address(): AddressInfo | string | null }): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
};

/** Says back what arrived. */
export const echo: Handler = (req, res) => {
  const answer = (body: string) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body }));
  };
  text(req).then(answer, () => res.destroy());
};

export interface TestGatewayOptions {
  services?: Partial<Record<ServiceName, string | Replicas>>;
  routes?: readonly Route[];
  ownRoutes?: readonly OwnRoute[];
  strictHeaders?: boolean;
  /** What identity answers. It stands on nothing that could be revoked, unless it says otherwise. */
  exchange?: (input: ExchangeInput, context: CallContext) => Promise<TestGrant>;
  trustedProxies?: string[];
  corsOrigins?: string[];
  deprecations?: Deprecations;
  addressLimits?: { auth: number; refusals: number };
  limits?: GatewayDeps['limits'];
  answerWithinMs?: GatewayDeps['answerWithinMs'];
  maxJsonBytes?: number;
  otlpEndpoint?: string;
  redisUrl?: string;
  /** How long Redis may take; 50 ms, unless it says otherwise. */
  redisWithinMs?: number;
  /** What identity tells of revocations; nothing, unless it says otherwise. */
  revocationsSince?: AskRevocations;
  pollMs?: number;
  /** Milliseconds, by which confirmations grow old. */
  clock?: () => number;
  /** What identity answers of the realms of tenants: none, unless it says otherwise. */
  findRealm?: FindRealm;
  /** Whose tokens are accepted; one of its own, for `tokenOf`, when none is given. */
  issuer?: TestIssuer;
  /** How many gateways share a limit while each counts alone. */
  replicas?: number;
}

type TestGrant = Pick<ExchangeOutput, 'passport' | 'expiresAt' | 'limits'> & Partial<ExchangeOutput>;

export interface TestGateway extends Gateway {
  url: string;
  port: number;
  exchanged: ExchangeInput[];
  /** When it was last confirmed that nothing is revoked but what is known. */
  confirmation: Confirmation;
  log(): Record<string, unknown>[];
  metrics(): Promise<string>;
}

export const LIMITS = [{ policy: 'principal', key: 'p', quota: 100_000, windowSeconds: 60 }];

export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const issuer = options.issuer ?? (await startTestIssuer([key]));
  const exchanged: ExchangeInput[] = [];
  const lines: string[] = [];
  const output = createLineBuffer((written) => lines.push(written));
  const log = createLogger({ name: 'gateway', level: 'debug', output });
  const metrics = createGatewayMetrics();
  const tracing = createTracing('gateway', options.otlpEndpoint);
  const verifier = createTokenVerifier({
    issuerUrl: ISSUER,
    jwksUrls: [issuer.url],
    audience: 'plinth-api',
    clients: ['plinth-console'],
    ...(options.findRealm && { findRealm: options.findRealm }),
  });
  const epochs = createEpochs();
  const confirmation = createConfirmation(options.clock);
  const polling = startPolling({
    ask: options.revocationsSince ?? (async () => ({ sequence: 0, revocations: [], hasMore: false })),
    epochs,
    confirmation,
    log,
    ...(options.pollMs !== undefined && { intervalMs: options.pollMs }),
  });
  const limiter = createLimiter({
    redisUrl: options.redisUrl,
    redisWithinMs: options.redisWithinMs,
    replicas: options.replicas,
    log,
    news: { heard: epochs.hear, confirmed: confirmation.confirm },
  });
  metrics.degradations({
    keysStaleSeconds: verifier.keysStaleSeconds,
    limiting: limiter.degradation,
    revocationsAgeSeconds: confirmation.ageSeconds,
  });
  const routes = options.routes ?? routesFor('embedded');
  const gateway = buildApp({
    admit: createAdmit({
      routes,
      strictHeaders: options.strictHeaders ?? true,
      verifier,
      limiter,
      epochs,
      confirmation,
      passports: createPassports({
        epochs,
        exchange: async (input, context) => {
          exchanged.push(input);
          const answer = await (options.exchange ?? grantAnything)(input, context);
          return { subjects: [], sequence: 0, ...answer };
        },
      }),
      addressLimits: options.addressLimits ?? { auth: 1_000, refusals: 1_000 },
    }),
    epochs,
    routes,
    ownRoutes: options.ownRoutes ?? [],
    services: replicasOf(options.services ?? {}),
    publicUrl: 'https://api.example.com',
    proxies: createTrustedProxies(options.trustedProxies ?? []),
    cors: createCors(options.corsOrigins ?? []),
    deprecations: options.deprecations ?? {},
    log,
    accessLog: createAccessLog(output),
    metrics,
    tracing,
    ...(options.limits && { limits: options.limits }),
    ...(options.answerWithinMs && { answerWithinMs: options.answerWithinMs }),
    ...(options.maxJsonBytes && { maxJsonBytes: options.maxJsonBytes }),
  });
  await gateway.listen({ host: '127.0.0.1', port: 0 });
  const port = portOf(gateway.server);
  return {
    ...gateway,
    port,
    url: `http://127.0.0.1:${port}`,
    exchanged,
    confirmation,
    log() {
      output.flush();
      return lines
        .join('')
        .split('\n')
        .flatMap((line) => (line ? [JSON.parse(line)] : []));
    },
    metrics: () => metrics.registry.metrics(),
    async close(graceMs = 100) {
      polling.stop();
      await gateway.close(graceMs);
      verifier.close();
      limiter.close();
      await tracing.close();
      if (!options.issuer) await issuer.close();
    },
  };
}

function replicasOf(
  services: Partial<Record<ServiceName, string | Replicas>>,
): Partial<Record<ServiceName, Replicas>> {
  return Object.fromEntries(
    Object.entries(services).map(([service, given]) => [
      service,
      typeof given === 'string' ? createReplicas([given]) : given,
    ]),
  );
}

async function grantAnything(input: ExchangeInput): Promise<TestGrant> {
  const expiresAt = Math.floor(Date.now() / 1_000) + 60;
  const principal = input.token && { principal: 'usr_1' };
  return { ...principal, passport: passportFor(input), expiresAt, limits: LIMITS };
}

export const passportFor = ({ scope, service, token }: ExchangeInput): string =>
  Buffer.from(JSON.stringify({ scope, service, subject: token?.subject })).toString('base64url');

export const PLATFORM_HEADERS = {
  'x-api-version': '2024-01-01',
  'x-correlation-id': 'test-correlation-1',
} as const;

export const callerHeaders = (): Record<string, string> => ({
  authorization: `Bearer ${tokenOf()}`,
  ...PLATFORM_HEADERS,
});

export interface RawAnswer {
  text: string;
  /** The connection was reset instead of ended. */
  reset: boolean;
}

/** Writes bytes as they are and reads until the gateway closes, or until `until` has been seen. */
export function sendRaw(port: number, bytes: string, until?: RegExp): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let received = '';
    let reset = false;
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (until?.test(received)) socket.destroy();
    });
    socket.on('error', () => {
      reset = true;
    });
    socket.on('close', () => resolve({ text: received, reset }));
  });
}

export interface SimpleAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Node's plain client: sends exactly the headers given, also those that fetch() would not. */
export function send(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string | string[]>; body?: string } = {},
): Promise<SimpleAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (answer) => {
      text(answer).then(
        (received) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: received }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
