import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, HEADERS, NEWEST_VERSION, toErrorBody } from '@plinth/contracts';
import { correlationIdOf } from './correlation.ts';
import { hasBody } from './framing.ts';
import { endRaw } from './answer.ts';

// The public socket: its limits, the connections that never become a request, and the way it ends.

export interface ListenerLimits {
  headersMs: number;
  /** Silence in the middle of a body: of a sender in a request, of a reader in an answer. */
  bodyIdleMs: number;
  keepAliveMs: number;
  maxHeaderBytes: number;
  maxConnections: number;
}

const LIMITS: ListenerLimits = {
  headersMs: 10_000,
  bodyIdleMs: 30_000,
  keepAliveMs: 72_000,
  maxHeaderBytes: 64 * 1024,
  maxConnections: 16_384,
};

export interface ListenerOptions {
  limits: Partial<ListenerLimits>;
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** What may not be upgraded is answered as an ordinary request. */
  mayUpgrade(request: IncomingMessage): boolean;
  onRefused(reason: string): void;
}

interface Connection {
  /** To its last request; the answer may be over. */
  response: ServerResponse | undefined;
  isUpgraded: boolean;
}

export interface Listener {
  server: Server;
  listen(options: { host: string; port: number }): Promise<void>;
  connections(): Promise<number>;
  /** From now on no connection is kept alive past its answer, so that callers come anew, and elsewhere. */
  stopKeeping(): void;
  close(graceMs: number): Promise<void>;
}

export function createListener(options: ListenerOptions): Listener {
  const limits = { ...LIMITS, ...options.limits };
  // Changed per connection, never per request: tables that a Map has outgrown hold on to each other, and to every response
  // that ever stood in one of them, until a full collection.
  const connections = new Map<Socket, Connection>();
  let isDraining = false;

  const server = createServer({
    headersTimeout: limits.headersMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs / 2),
    // A large upload may take its time, as long as it moves.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.maxHeaderBytes,
    // A missing Host is refused by the policy, with the answer that every refusal has.
    requireHostHeader: false,
    shouldUpgradeCallback: (request) =>
      request.method === 'GET' &&
      request.headers.upgrade?.toLowerCase() === 'websocket' &&
      options.mayUpgrade(request),
  });
  // Beyond its own limit Node drops headers without a word: the policy counts them instead.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.maxConnections;
  server.timeout = limits.bodyIdleMs;
  // A connection may be silent while nobody owes it anything; a reader that takes nothing holds up its service.
  server.on('timeout', (socket) => {
    if (socket.writableLength > 0) socket.destroy();
  });

  function take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection) connection.response = response;
    if (isDraining) response.shouldKeepAlive = false;
    if (hasBody(request.headers))
      request.on('timeout', () => refuseSocket(socket, new AppError('REQUEST_TIMEOUT')));
    options.onRequest(request, response);
  }

  function refuseSocket(socket: Socket, error: AppError): void {
    options.onRefused(error.code);
    const response = connections.get(socket)?.response;
    if (response?.headersSent && !response.writableFinished) socket.destroy();
    else endRaw(socket, bareAnswer(error));
  }

  server.on('connection', (socket) => {
    connections.set(socket, { response: undefined, isUpgraded: false });
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', take);
  // Every Expect comes by as a request: 100-continue is granted there, and any other is refused by the policy.
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    take(request, response);
  });
  server.on('checkExpectation', take);
  server.on('upgrade', (request, socket: Socket, head) => {
    const connection = connections.get(socket);
    if (connection) connection.isUpgraded = true;
    socket.on('error', () => socket.destroy());
    options.onUpgrade(request, socket, head);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuseSocket(socket, brokenRequest(error.code));
  });

  function stopKeeping(): void {
    isDraining = true;
    for (const { response } of connections.values()) if (response) response.shouldKeepAlive = false;
  }

  async function close(graceMs: number): Promise<void> {
    stopKeeping();
    // Node counts a connection as idle only once it has been used.
    for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy();
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection falls idle when its request ends, and server.close() looks only once.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const cut = setTimeout(() => {
      server.closeAllConnections();
      for (const [socket, { isUpgraded }] of connections) if (isUpgraded) socket.destroy();
    }, graceMs);
    await ended;
    clearInterval(sweep);
    clearTimeout(cut);
  }

  return {
    server,
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject).listen(port, host, resolve);
      }),
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    stopKeeping,
    close,
  };
}

function brokenRequest(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') return new AppError('HEADERS_TOO_LARGE');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AppError('REQUEST_TIMEOUT');
  return new AppError('VALIDATION_FAILED', { message: 'The request is not well-formed HTTP' });
}

/** There is no request to speak of: the platform's form, under ids of ours. */
function bareAnswer(error: AppError) {
  const correlationId = correlationIdOf(undefined);
  const body = JSON.stringify(toErrorBody('platform', error, correlationId));
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      [HEADERS.correlationId]: correlationId,
      [HEADERS.apiVersion]: NEWEST_VERSION,
    },
    body,
  };
}
