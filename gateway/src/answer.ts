import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError, toErrorBody } from '@plinth/contracts';
import type { Exchange } from './exchange.ts';
import { toTypedErrorBody } from './typed-error.ts';

// How the gateway itself answers: with the dialect's own error body, as a response or raw on a socket that wanted an
// upgrade, and always with the headers that every answer carries.

export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const DRAIN_MS = 5_000;

/** Anything that is not ours says nothing about itself. */
export function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('INTERNAL_ERROR', { cause: error });
}

export function errorAnswer(exchange: Exchange, error: AppError): ErrorAnswer {
  const { dialect, correlationId, path, search } = exchange;
  const body = JSON.stringify(
    dialect === 'typed'
      ? toTypedErrorBody(error, correlationId, path, search)
      : toErrorBody(dialect, error, correlationId),
  );
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      ...(error.retryAfter !== undefined && { 'retry-after': String(error.retryAfter) }),
      ...error.headers,
      ...exchange.answerHeaders,
    },
    body,
  };
}

/** After the headers are out the only honest answer is a broken connection: a half answer must not look whole. */
export function sendError(exchange: Exchange, response: ServerResponse, error: AppError): void {
  exchange.exit ??= error.code;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers, body } = errorAnswer(exchange, error);
  drainOnFinish(exchange, response);
  response.writeHead(status, headers);
  response.end(body);
}

export function sendRawError(exchange: Exchange, socket: Duplex, error: AppError): void {
  exchange.exit ??= error.code;
  endRaw(socket, errorAnswer(exchange, error));
}

export function endRaw(socket: Duplex, { status, headers, body }: ErrorAnswer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
  socket.once('finish', () => socket.destroy());
  socket.end(head + body);
}

/** The rest of an answered request is read and dropped for a while: a reset would lose the answer on its way. */
export function drainOnFinish({ request }: Exchange, response: ServerResponse): void {
  if (request.complete) return;
  response.once('finish', () => {
    if (request.complete || request.destroyed) return;
    request.resume();
    const cut = setTimeout(() => request.destroy(), DRAIN_MS);
    cut.unref();
    request.once('close', () => clearTimeout(cut));
  });
}
