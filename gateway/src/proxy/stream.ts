import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyMiddleware, debugProxyErrorsPlugin, proxyEventsPlugin } from 'http-proxy-middleware';
import type { Admission } from '../admit.ts';
import { drainOnFinish } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import type { FailureExits, UpgradeCarrier } from './carrier.ts';
import { noAnswer, proxyError } from './errors.ts';
import { answerHeaders, headersByName, type PublicAddress, upstreamHeaders } from './headers.ts';

// The carrier for what streams or upgrades: uploads, downloads, server-sent events, WebSockets. Of the middleware only
// the error and event plugins stay: without an error listener its first failure would end the process.

export interface StreamCarrierOptions {
  url: string;
  publicAddress: PublicAddress;
  exits: FailureExits;
  /** From the end of the request to the head of the answer. A stream may then be silent for as long as it likes. */
  answerWithinMs: number;
}

interface Forwarded {
  exchange: Exchange;
  admission: Admission;
}

export function createStreamCarrier(options: StreamCarrierOptions): UpgradeCarrier {
  const { url, publicAddress, exits, answerWithinMs } = options;
  const forwarded = new WeakMap<IncomingMessage, Forwarded>();
  const agent = new Agent({ keepAlive: true, maxSockets: 1_024, maxFreeSockets: 64 });

  const proxy = createProxyMiddleware<IncomingMessage, ServerResponse>({
    target: url,
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

  function limitWait(upstream: ClientRequest, request: IncomingMessage): void {
    const service = forwarded.get(request)?.admission.route.service;
    if (!service) return;
    const deadline = setTimeout(() => {
      if (!request.complete) deadline.refresh();
      else upstream.destroy(noAnswer(service));
    }, answerWithinMs);
    request.once('end', () => deadline.refresh());
    upstream.once('response', () => clearTimeout(deadline));
    upstream.once('close', () => clearTimeout(deadline));
  }

  function replaceHeaders(answer: IncomingMessage, request: IncomingMessage): void {
    const of = forwarded.get(request);
    if (!of) return;
    const framing = answer.headers['transfer-encoding'];
    answer.headers = headersByName(answerHeaders(of.exchange, answer.rawHeaders));
    // An answer to a refused upgrade is written to the socket as it is framed here.
    if (framing !== undefined && request.headers.upgrade) answer.headers['transfer-encoding'] = framing;
  }

  function fail(error: Error, request: IncomingMessage, target: ServerResponse | Socket): void {
    const of = forwarded.get(request);
    if (!of || target.destroyed) return;
    const { exchange, admission } = of;
    const refusal = proxyError(error, admission.route.service);
    if ('writeHead' in target) exits.response(exchange, target, refusal);
    else exits.socket(exchange, target, refusal);
  }

  function prepare(exchange: Exchange, admission: Admission): void {
    const { request } = exchange;
    const chunked = request.headers['transfer-encoding'] !== undefined;
    forwarded.set(request, { exchange, admission });
    request.headers = headersByName(upstreamHeaders(exchange, admission, publicAddress));
    if (chunked) request.headers['transfer-encoding'] = 'chunked';
  }

  return {
    forward(exchange, admission, response) {
      prepare(exchange, admission);
      drainOnFinish(exchange, response);
      void proxy(exchange.request, response);
    },
    upgrade(exchange, admission, socket, head) {
      prepare(exchange, admission);
      Object.assign(exchange.request.headers, UPGRADE_HEADERS);
      proxy.upgrade(exchange.request, socket, head);
    },
    async close() {
      agent.destroy();
    },
  };
}

const UPGRADE_HEADERS = { connection: 'Upgrade', upgrade: 'websocket' } as const;
