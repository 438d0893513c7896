import { AppError, validationError } from '@plinth/contracts';
import { timesSent } from './credential.ts';
import type { Exchange } from './exchange.ts';

// What a request must be before anything reads it. Node's parser has refused broken framing already; this refuses what
// is legal to the letter and means different things to different readers.

/** What a service can answer, be it with a 405 that names the right ones. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY']);
const BODYLESS = new Set(['GET', 'HEAD', 'TRACE']);
const MAX_URL_BYTES = 16 * 1024;
const MAX_HEADERS = 200;

export function checkFraming({ request, method, path }: Exchange): void {
  if (!METHODS.has(method)) throw new AppError('NOT_IMPLEMENTED');
  if ((request.url ?? '').length > MAX_URL_BYTES) throw new AppError('URI_TOO_LONG');
  if (request.rawHeaders.length > 2 * MAX_HEADERS) throw new AppError('HEADERS_TOO_LARGE');
  if (!path.startsWith('/')) throw malformed('path', 'the request target must be a path');
  if (request.headers.host === undefined || timesSent(request, 'host') > 1)
    throw malformed('Host', 'exactly one Host header is required');
  if (request.headers.expect !== undefined && request.headers.expect.toLowerCase() !== '100-continue')
    throw new AppError('EXPECTATION_FAILED');
  const coding = request.headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    throw malformed('Transfer-Encoding', 'the only transfer coding is chunked');
  if (BODYLESS.has(method) && hasBody(request.headers))
    throw malformed('body', `a ${method} request carries no body`);
}

function malformed(path: string, message: string): AppError {
  return validationError([{ path, code: 'invalid', message }]);
}

interface FramingHeaders {
  'content-length'?: string | undefined;
  'transfer-encoding'?: string | undefined;
}

export function hasBody(headers: FramingHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
