import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HEADERS } from '@plinth/contracts';
import type { Replica, Replicas } from '@plinth/rpc';
import { createProxyMiddleware, debugProxyErrorsPlugin, proxyEventsPlugin } from 'http-proxy-middleware';
import type { Admission } from '../admit.ts';
import { drainOnFinish } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import type { FailureExits, CarrierRevocations, UpgradeCarrier } from './carrier.ts';
import { noAnswer, proxyError, replicaFailureOf } from './errors.ts';
import { createFailoverAgent } from './failover-agent.ts';
import { answerHeaders, headersByName, type PublicAddress, upstreamHeaders } from './headers.ts';

// The carrier for what streams or upgrades: uploads, downloads, server-sent events, WebSockets. Of the middleware only
// the error and event plugins stay: without an error listener its first failure would end the process.

export interface StreamCarrierOptions {
  replicas: Replicas;
  publicAddress: PublicAddress;
  exits: FailureExits;
  revocations: CarrierRevocations;
  /** From the end of the request to the head of the answer. A stream may then be silent for as long as it likes. */
  answerWithinMs: number;
}

interface Forwarded {
  replica: Replica;
  exchange: Exchange;
  admission: Admission;
}

export function createStreamCarrier(options: StreamCarrierOptions): UpgradeCarrier {
  const { replicas, publicAddress, exits, revocations, answerWithinMs } = options;
  const forwarded = new WeakMap<IncomingMessage, Forwarded>();

  const lanes = replicas.all.map((replica) => {
    const agent = createFailoverAgent(replicas, replica, AGENT);
    const proxy = createProxyMiddleware<IncomingMessage, ServerResponse>({
      target: replica.url,
      agent,
      changeOrigin: true,
      upgradeTimeout: answerWithinMs,
      ejectPlugins: true,
      plugins: [debugProxyErrorsPlugin, proxyEventsPlugin],
      on: {
        proxyReq: (upstream, request) => limitWait(upstream, request),
        proxyRes(answer, request, response) {
          replaceHeaders(answer, request);
          // Said outright, or the middleware would keep a connection that the caller or the listener wants closed.
          answer.headers.connection = response.shouldKeepAlive ? 'keep-alive' : 'close';
          // A stream of events may be silent for long after its head.
          queueMicrotask(() => response.flushHeaders());
        },
        // The first listeners of the upstream's answer: they run before the middleware copies its head to the caller.
        proxyReqWs(upstream, request) {
          upstream.once('upgrade', (answer) => {
            replaceHeaders(answer, request);
            Object.assign(answer.headers, UPGRADE_HEADERS);
          });
          upstream.once('response', (answer) => replaceHeaders(answer, request));
        },
        error: (error, request, target) => fail(error, request, target),
      },
    });
    return { agent, proxy };
  });

  function limitWait(upstream: ClientRequest, request: IncomingMessage): void {
    const of = forwarded.get(request);
    if (!of) return;
    const deadline = setTimeout(() => {
      if (!request.complete) return void deadline.refresh();
      replicas.failed(of.replica, 'silent');
      upstream.destroy(noAnswer(of.admission.route.service));
    }, answerWithinMs);
    request.once('end', () => deadline.refresh());
    upstream.once('response', () => clearTimeout(deadline));
    upstream.once('close', () => clearTimeout(deadline));
  }

  function replaceHeaders(answer: IncomingMessage, request: IncomingMessage): void {
    const of = forwarded.get(request);
    if (!of) return;
    replicas.answered(of.replica, answer.headers[HEADERS.stopping]);
    revocations.answered(answer.headers[HEADERS.revoked]);
    const framing = answer.headers['transfer-encoding'];
    answer.headers = headersByName(answerHeaders(of.exchange, answer.headersDistinct));
    // An answer to a refused upgrade is written to the socket as it is framed here.
    if (framing !== undefined && request.headers.upgrade) answer.headers['transfer-encoding'] = framing;
  }

  function fail(error: Error, request: IncomingMessage, target: ServerResponse | Socket): void {
    const of = forwarded.get(request);
    if (!of || target.destroyed) return;
    const { replica, exchange, admission } = of;
    const failure = replicaFailureOf(error);
    if (failure) replicas.failed(replica, failure);
    const refusal = proxyError(error, admission.route.service);
    if ('writeHead' in target) exits.response(exchange, target, refusal);
    else exits.socket(exchange, target, refusal);
  }

  function prepare(exchange: Exchange, admission: Admission, caller: ServerResponse | Socket) {
    const { request } = exchange;
    const chunked = request.headers['transfer-encoding'] !== undefined;
    const replica = replicas.take();
    caller.once('close', () => replicas.release(replica));
    forwarded.set(request, { replica, exchange, admission });
    request.headers = headersByName(upstreamHeaders(exchange, admission, publicAddress));
    if (chunked) request.headers['transfer-encoding'] = 'chunked';
    return lanes[replica.index]?.proxy;
  }

  return {
    forward(exchange, admission, response) {
      const proxy = prepare(exchange, admission, response);
      drainOnFinish(exchange, response);
      void proxy?.(exchange.request, response);
    },
    upgrade(exchange, admission, socket, head) {
      const proxy = prepare(exchange, admission, socket);
      Object.assign(exchange.request.headers, UPGRADE_HEADERS);
      proxy?.upgrade(exchange.request, socket, head);
    },
    async close() {
      for (const { agent } of lanes) agent.destroy();
    },
  };
}

const AGENT = { keepAlive: true, maxSockets: 1_024, maxFreeSockets: 64 } as const;
const UPGRADE_HEADERS = { connection: 'Upgrade', upgrade: 'websocket' } as const;
