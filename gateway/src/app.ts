import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  AppError,
  type Deprecations,
  fromRevokedHeader,
  type Log,
  type ServiceName,
  statusOf,
} from '@plinth/contracts';
import type { Replicas } from '@plinth/rpc';
import type { Tracing } from '@plinth/service';
import type { AccessLog } from './access-log.ts';
import type { Admit } from './admit.ts';
import { sendError, sendRawError, toAppError } from './answer.ts';
import { type Cors, isPreflight } from './cors.ts';
import { type Exchange, openExchange } from './exchange.ts';
import { checkFraming } from './framing.ts';
import { createListener, type ListenerLimits } from './listener.ts';
import type { GatewayMetrics } from './metrics.ts';
import { findOwnRoute, type OwnRoute } from './own-routes.ts';
import type { CarrierRevocations } from './proxy/carrier.ts';
import { createJsonCarrier } from './proxy/json.ts';
import { createStreamCarrier } from './proxy/stream.ts';
import type { Epochs } from './revocation/epochs.ts';
import { createOpenStreams } from './revocation/open-streams.ts';
import { carrierOf, findRoute, type Route } from './routes.ts';
import { answerOwnRoute } from './serve-own.ts';
import { endTrace } from './trace.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

// The gateway: what it answers itself, it answers; everything else passes `admit` (the policy: correlate → version →
// authenticate → limit) and goes to its service. Nothing here parses a body.

export interface GatewayDeps {
  admit: Admit;
  /** What was revoked: answers tell it, and open streams end by it. */
  epochs: Epochs;
  routes: readonly Route[];
  ownRoutes: readonly OwnRoute[];
  services: Readonly<Partial<Record<ServiceName, Replicas>>>;
  publicUrl: string;
  proxies: TrustedProxies;
  cors: Cors;
  /** The versions that are to go. */
  deprecations: Deprecations;
  log: Log;
  accessLog: AccessLog;
  metrics: GatewayMetrics;
  tracing: Tracing;
  limits?: Partial<ListenerLimits>;
  answerWithinMs?: { json: number; stream: number };
  /** What a service reads of a JSON body; more is refused here, where the answer still finds its way back. */
  maxJsonBytes?: number;
}

export interface Gateway {
  server: Server;
  listen(options: { host: string; port: number }): Promise<void>;
  /** Serves on, but lets every caller go after its answer. */
  announceStop(): void;
  /** Lets requests under way finish, then ends; what is left after the grace period is cut. */
  close(graceMs?: number): Promise<void>;
}

/** As nginx writes it down: the caller left, or broke its own request, before its answer. */
const CALLER_GONE = 499;
const MAX_JSON_BYTES = 1024 * 1024;
const ANSWER_WITHIN_MS = { json: 5_000, stream: 30_000 };

export function buildApp(deps: GatewayDeps): Gateway {
  const { admit, epochs, cors, log, accessLog, metrics } = deps;
  const streams = createOpenStreams(epochs);
  const carriers = openCarriers(deps);
  const listener = createListener({
    limits: deps.limits ?? {},
    onRequest: (request, response) => void answer(request, response),
    onUpgrade: (request, socket, head) => void upgrade(request, socket, head),
    mayUpgrade: (request) => findRoute(deps.routes, pathOf(request))?.route.carrier === 'stream',
    onRefused: metrics.refused,
  });
  metrics.connections(listener.connections);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = openExchange(request, deps);
    response.once('close', () => {
      const status = response.headersSent ? response.statusCode : CALLER_GONE;
      observe(exchange, status);
      accessLog.write(exchange, status, response.writableFinished);
    });
    try {
      cors.allow(exchange);
      checkFraming(exchange);
      if (isPreflight(exchange)) return sendPreflight(exchange, response);
      const own = findOwnRoute(deps.ownRoutes, exchange.path);
      if (own) return await answerOwnRoute(exchange, response, own);

      const admission = await admit(exchange);
      if (response.destroyed) return;
      const { route, granted } = admission;
      const carrier = carrierOf(route, request.headers['content-type']);
      if (carrier === 'stream') streams.watch(granted, response, () => cutRevoked(exchange, response));
      carriers[carrier](route.service).forward(exchange, admission, response);
    } catch (error) {
      refuse(exchange, response, toAppError(error));
    }
  }

  /** The same policy for a WebSocket: it is refused before the upgrade, as an ordinary answer. */
  async function upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const exchange = openExchange(request, deps);
    socket.once('close', () =>
      observe(exchange, exchange.exit === undefined ? 101 : statusOf(exchange.exit)),
    );
    try {
      checkFraming(exchange);
      const admission = await admit(exchange);
      if (socket.destroyed) return;
      accessLog.write(exchange, 101, true);
      streams.watch(admission.granted, socket, () => cutRevoked(exchange, socket));
      carriers.stream(admission.route.service).upgrade(exchange, admission, socket, head);
    } catch (error) {
      refuseUpgrade(exchange, socket, toAppError(error));
    }
  }

  /** A connection that breaks cannot be taken for an answer that is whole. */
  function cutRevoked(exchange: Exchange, caller: ServerResponse | Socket): void {
    exchange.exit ??= 'TOKEN_REVOKED';
    caller.destroy();
  }

  function observe(exchange: Exchange, status: number): void {
    metrics.answered(exchange, status);
    endTrace(exchange, status);
  }

  function sendPreflight(exchange: Exchange, response: ServerResponse): void {
    response.writeHead(204, { ...exchange.answerHeaders, ...cors.preflightHeaders(exchange) });
    response.end();
  }

  function refuse(exchange: Exchange, response: ServerResponse, error: AppError): void {
    logFault(log, exchange, error);
    sendError(exchange, response, error);
  }

  function refuseUpgrade(exchange: Exchange, socket: Duplex, error: AppError): void {
    logFault(log, exchange, error);
    sendRawError(exchange, socket, error);
    accessLog.write(exchange, error.status, true);
  }

  function openCarriers(from: GatewayDeps) {
    const { protocol, host } = new URL(from.publicUrl);
    const publicAddress = { protocol: protocol.slice(0, -1), host };
    const exits = { response: refuse, socket: refuseUpgrade };
    const revocations: CarrierRevocations = {
      answered(header) {
        if (header !== undefined) epochs.hearFromAnswer(fromRevokedHeader(String(header)));
      },
      isCurrent: epochs.isCurrent,
    };
    const within = from.answerWithinMs ?? ANSWER_WITHIN_MS;
    const services = Object.entries(from.services);
    const json = new Map(
      services.map(([service, replicas]) => [
        service,
        createJsonCarrier({
          replicas,
          publicAddress,
          exits,
          revocations,
          answerWithinMs: within.json,
          maxBodyBytes: from.maxJsonBytes ?? MAX_JSON_BYTES,
        }),
      ]),
    );
    const stream = new Map(
      services.map(([service, replicas]) => [
        service,
        createStreamCarrier({ replicas, publicAddress, exits, revocations, answerWithinMs: within.stream }),
      ]),
    );
    return {
      json: (service: ServiceName) => present(json.get(service), service),
      stream: (service: ServiceName) => present(stream.get(service), service),
      close: () => Promise.all([...json.values(), ...stream.values()].map((carrier) => carrier.close())),
    };
  }

  return {
    server: listener.server,
    listen: listener.listen,
    announceStop: listener.stopKeeping,
    async close(graceMs = 5_500) {
      await listener.close(graceMs);
      await carriers.close();
    },
  };
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? '/';

function present<Carrier>(carrier: Carrier | undefined, service: ServiceName): Carrier {
  if (carrier) return carrier;
  throw new AppError('SERVICE_UNAVAILABLE', {
    message: `The ${service} service is not part of this installation`,
  });
}

/** A 4xx is the caller's business; a 5xx is ours, and its cause is told to the log only. */
function logFault(log: Log, { correlationId }: Exchange, error: AppError): void {
  if (error.status < 500) return;
  const { cause } = error;
  log.error({ correlationId, code: error.code, err: cause }, error.message);
}
