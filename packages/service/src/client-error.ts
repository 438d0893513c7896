import type { Socket } from 'node:net';
import { AppError, HEADERS, toErrorBody } from '@plinth/contracts';
import { STATUS_CODES } from 'node:http';
import { correlationIdOf } from './request-facts.ts';

// What never became a request, or not in time: there is none to speak of, so it is answered on the bare connection.

interface ConnectionError extends Error {
  code?: string;
}

function refusalOf({ code }: ConnectionError): AppError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AppError('REQUEST_TIMEOUT');
  if (code === 'HPE_HEADER_OVERFLOW') return new AppError('HEADERS_TOO_LARGE');
  return new AppError('VALIDATION_FAILED', { message: 'The request is not well-formed HTTP' });
}

/** `isExempt`: the time that a whole request has is not for what is under way on this connection. */
export const answerClientError =
  (isExempt: (connection: object) => boolean) =>
  (error: ConnectionError, socket: Socket): void => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isExempt(socket)) return;
    if (error.code !== 'ECONNRESET' && socket.writable) {
      const refusal = refusalOf(error);
      const correlationId = correlationIdOf({ headers: {} });
      const body = JSON.stringify(toErrorBody('platform', refusal, correlationId));
      const lines = [
        `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
        'content-type: application/json; charset=utf-8',
        `content-length: ${Buffer.byteLength(body)}`,
        `${HEADERS.correlationId}: ${correlationId}`,
        'connection: close',
      ];
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    }
    socket.destroy(error);
  };
