import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, HEADERS, waitSecondsOf } from '@plinth/contracts';
import type { Replica, Replicas } from '@plinth/rpc';
import { createNeighbours, oneHeader } from '@plinth/service';
import { type Dispatcher, Pool } from 'undici';
import type { Admission } from '../admit.ts';
import { drainOnFinish } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import { hasBody } from '../framing.ts';
import type { Carrier, FailureExits, CarrierRevocations } from './carrier.ts';
import { codeOf, noAnswer, proxyError, replicaFailureOf, strangeAnswer } from './errors.ts';
import { createGatherer, type Gathering, tooLarge } from './gather-body.ts';
import { createBriefShapes, shapeOf } from './brief-shapes.ts';
import { answerHeaders, type PublicAddress, upstreamHeaders } from './headers.ts';
import { createLines } from './lines.ts';
import type { Read } from './sent-read.ts';
import { createTurns, type Turn } from './turns.ts';

// The carrier for ordinary requests: undici's dispatch with raw headers, a third of the CPU of Node's own client. A request
// goes out whole; its answer passes as it comes, and the caller sets the pace. What one replica never got goes to another.

export interface JsonCarrierOptions {
  replicas: Replicas;
  publicAddress: PublicAddress;
  exits: FailureExits;
  revocations: CarrierRevocations;
  /** How long a service may take from the end of the request to the head of its answer. */
  answerWithinMs: number;
  /** Where the route does not say. */
  maxBodyBytes: number;
  connections?: number;
}

const CONNECT_MS = 2_000;
const SILENCE_MS = 40_000;
/** Undici refuses such a request before it begins, and the pool never gets that slot back. */
const REFUSED_BY_POOL = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** A kept connection may end just as it is taken: what changes nothing is sent once more. */
const SAFE = new Set(['GET', 'HEAD']);

class CallerGone extends Error {}

/** A body may take half a minute to arrive, and the passport must be good when its service hears of it. */
const revokedMeanwhile = () =>
  new AppError('AUTH_UNAVAILABLE', {
    message: 'What this request came in with was revoked while it was being sent; send it again',
  });

export function createJsonCarrier(options: JsonCarrierOptions): Carrier {
  const {
    replicas,
    publicAddress,
    exits,
    revocations,
    answerWithinMs,
    maxBodyBytes: mostBodies,
    connections = 64,
  } = options;
  const openPool = ({ url }: Replica) =>
    new Pool(url, {
      connections,
      pipelining: 1,
      connect: { timeout: CONNECT_MS },
      // For the body alone: to the head there is the deadline below, which is exact. Only where both are the same does undici
      // keep one timer to a connection, and not make one for every request.
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
    });
  const pools = replicas.all.map(openPool);
  const neighbours = createNeighbours<string>();
  const lines = createLines(replicas, { neighbours, connectMs: CONNECT_MS, silenceMs: SILENCE_MS });
  const turns = createTurns(neighbours);
  const briefShapes = createBriefShapes();
  const gatherer = createGatherer();

  function replacePool(replica: Replica): void {
    const spent = pools[replica.index];
    pools[replica.index] = openPool(replica);
    spent?.close().catch(() => undefined);
  }

  function forward(exchange: Exchange, admission: Admission, response: ServerResponse): void {
    const { request } = exchange;
    const { service, maxBodyBytes = mostBodies } = admission.route;
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
    let gathering: Gathering | undefined;
    let asked: Replica | undefined;
    let deadline: NodeJS.Timeout | undefined;
    let turn: Turn | undefined;
    let upstream: Dispatcher.DispatchController | undefined;
    let ended: Error | undefined;

    function end(reason: Error): void {
      if (ended) return;
      ended = reason;
      clearTimeout(deadline);
      gathering?.stop();
      if (upstream && !upstream.aborted) upstream.abort(reason);
      if (!(reason instanceof CallerGone)) exits.response(exchange, response, proxyError(reason, service));
    }

    response.once('close', () => {
      clearTimeout(deadline);
      gathering?.release();
      turn?.end();
      if (asked) replicas.release(asked);
      if (!response.writableFinished) end(new CallerGone());
    });
    drainOnFinish(exchange, response);

    function tooLate(): void {
      if (asked) replicas.failed(asked, 'silent');
      end(asked ? noAnswer(service) : new AppError('OVERLOADED'));
    }

    function ask(body: Buffer | null): void {
      const { workspaceId } = admission;
      deadline = setTimeout(tooLate, answerWithinMs + waitMsOf(request));
      if (workspaceId === undefined) {
        carry(body);
        return;
      }
      neighbours.seen(workspaceId);
      const shape = mayGoTogether(exchange, body) ? shapeOf(exchange.path, exchange.search) : undefined;
      if (shape !== undefined && briefShapes.has(shape)) carry(body, shape, workspaceId);
      else turn = turns.take(workspaceId, () => carry(body, shape));
    }

    function carry(body: Buffer | null, shape?: string, line?: string): void {
      if (!revocations.isCurrent(admission.granted)) {
        end(revokedMeanwhile());
        return;
      }
      let replica = replicas.take();
      asked = replica;
      let mayRepeat = SAFE.has(exchange.method);
      let unasked = replicas.all.length - 1;
      const outgoing = {
        path: exchange.path + exchange.search,
        method: exchange.method,
        headers: upstreamHeaders(exchange, admission, publicAddress),
        body,
        blocking: false,
      };
      const handler: Read['handler'] = {
        onRequestStart(controller) {
          upstream = controller;
          if (ended) controller.abort(ended);
        },
        onResponseStart(_controller, status, headers, statusText) {
          if (status < 200 || ended) return;
          clearTimeout(deadline);
          if (status >= 400 && headers[HEADERS.correlationId] === undefined)
            return end(strangeAnswer(service, status));
          replicas.answered(replica, headers[HEADERS.stopping]);
          revocations.answered(headers[HEADERS.revoked]);
          if (shape !== undefined && status < 400)
            briefShapes.heard(shape, headers[HEADERS.brief] !== undefined);
          response.writeHead(status, statusText, answerHeaders(exchange, headers));
        },
        onResponseData(controller, chunk) {
          if (ended || response.write(chunk)) return;
          controller.pause();
          response.once('drain', () => controller.resume());
        },
        onResponseEnd() {
          if (!ended) response.end();
        },
        onResponseError(_controller, error) {
          const isUnsent = upstream === undefined;
          if (isUnsent && REFUSED_BY_POOL.has(codeOf(error))) {
            replacePool(replica);
            return end(error);
          }
          const isBroken = isUnsent || replicaFailureOf(error) === 'broken';
          if (isBroken) replicas.failed(replica, 'broken');
          if (!isBroken || ended || response.headersSent) return end(error);
          const repeats = isUnsent ? unasked-- > 0 : mayRepeat;
          if (!repeats) return end(error);
          mayRepeat &&= isUnsent;
          replicas.release(replica);
          replica = replicas.take(replica);
          asked = replica;
          dispatch();
        },
      };
      function dispatch(): void {
        upstream = undefined;
        pools[replica.index]?.dispatch(outgoing, handler);
      }
      if (line === undefined) {
        dispatch();
        return;
      }
      const askAlone = () => {
        // Nobody would end the turn of a caller who has left.
        if (!ended) turn = turns.take(line, dispatch);
      };
      if (!lines.send(replica, line, { request: outgoing, handler, askAlone })) askAlone();
    }

    if (hasBody(request.headers))
      gathering = gatherer.gather(request, maxBodyBytes, { whole: ask, refused: end });
    else ask(null);
  }

  async function close(): Promise<void> {
    lines.close();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  return { forward, close };
}

/** Not a HEAD: undici ends the connection after it. */
const mayGoTogether = ({ method }: Exchange, body: Buffer | null): boolean => method === 'GET' && !body;

/** A service holds whom it is asked to hold, while an earlier request with the same key still runs. */
const waitMsOf = ({ headers }: IncomingMessage): number =>
  headers[HEADERS.idempotencyKey] === undefined ? 0 : waitSecondsOf(oneHeader(headers.prefer)) * 1_000;
