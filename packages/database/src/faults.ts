import { AppError } from '@plinth/contracts';

// What the driver throws, sorted once. The database being away, slow or full is an AppError here; everything else (a
// constraint, a syntax error) passes as it is, for the repo that knows what it means.

/** The server ended the session or refuses work: shutting down, starting up, too many connections, now a standby. */
const SERVER_AWAY = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '25P03', '25006']);
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);
/** The driver's own errors carry no code. */
const CONNECTION_MESSAGE =
  /^(?:Connection terminated|timeout expired|Client has encountered a connection error|Client was closed)/;
const NO_ANSWER_MESSAGE = 'Query read timeout';
const STATEMENT_TIMEOUT = '57014';

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false;
  return (
    constraint === undefined ||
    (error instanceof Error && 'constraint' in error && error.constraint === constraint)
  );
}

/** Another transaction was in the way: the same work can succeed when run again. */
export function isSerializationFailure(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

export function isConnectionFault(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return SERVER_AWAY.has(code) || NETWORK.has(code) || code.startsWith('08');
  return error instanceof Error && CONNECTION_MESSAGE.test(error.message);
}

/** The server took the query and never answered: the connection is of no more use. */
export function isNoAnswer(error: unknown): boolean {
  return error instanceof Error && error.message === NO_ANSWER_MESSAGE;
}

export function toFault(error: unknown): unknown {
  if (isConnectionFault(error)) return new AppError('DATABASE_UNAVAILABLE', { cause: error });
  if (isNoAnswer(error) || codeOf(error) === STATEMENT_TIMEOUT)
    return new AppError('UPSTREAM_TIMEOUT', { cause: error });
  return error;
}
