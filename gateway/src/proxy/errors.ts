import { AppError, type ServiceName } from '@plinth/contracts';

// What a carrier's failure means to the caller. The message names the service, never an address or a cause.

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
]);
/** The connection ended in the middle: the service may or may not have acted. */
const BROKEN = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const TOO_SLOW = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ERR_UPSTREAM_UPGRADE_TIMEOUT',
]);

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** What a failure says of the replica that it happened with. */
export function replicaFailureOf(error: unknown): 'broken' | 'silent' | undefined {
  const code = codeOf(error);
  if (BROKEN.has(code)) return 'broken';
  return TOO_SLOW.has(code) ? 'silent' : undefined;
}

export function proxyError(error: unknown, service: ServiceName): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (UNREACHABLE.has(code))
    return new AppError('SERVICE_UNAVAILABLE', {
      message: `The ${service} service is unavailable`,
      cause: error,
    });
  if (TOO_SLOW.has(code)) return noAnswer(service, error);
  return badGateway(service, error);
}

const badGateway = (service: ServiceName, cause: unknown): AppError =>
  new AppError('BAD_GATEWAY', { message: `The ${service} service gave no usable answer`, cause });

/** An error without a correlation id is none of the service's own, but of something between here and there: nobody knows what it tells. */
export const strangeAnswer = (service: ServiceName, status: number): AppError =>
  badGateway(service, new Error(`something answered ${status} in the place of ${service}`));

export function noAnswer(service: ServiceName, cause?: unknown): AppError {
  return new AppError('UPSTREAM_TIMEOUT', {
    message: `The ${service} service did not answer in time`,
    ...(cause !== undefined && { cause }),
  });
}
