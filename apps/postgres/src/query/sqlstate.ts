import { AppError, type ErrorCode, type ErrorDetails } from '@plinth/contracts';
import { codeOf, isConnectionFault } from '@plinth/database';
import pg from 'pg';
import { IN_PROGRESS, KEY_REUSED, TOO_MANY_AFFECTED } from '../cluster/requests.ts';
import { NoAnswer, OwnRefused } from './connection.ts';

// What Postgres refuses, as the caller is told it: a code of the catalogue, and names that the caller may know. Values of rows
// are in the messages, details and hints of Postgres, so none of these is passed on; only what a function raises is meant for
// its callers.

export interface Telling {
  /** In a read-only transaction, a write is what the caller may not do; in any other, the server is a standby. */
  isReadOnly: boolean;
  /** Whether the caller may hear the name of a column, or the names of all columns of a table and so of its constraints. */
  mayKnow?: ((table: string, column?: string) => boolean) | undefined;
}

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  [TOO_MANY_AFFECTED]: 'MAX_AFFECTED_EXCEEDED',
  [KEY_REUSED]: 'IDEMPOTENCY_KEY_REUSED',
  [IN_PROGRESS]: 'IDEMPOTENCY_IN_PROGRESS',
  '2201B': 'INVALID_PATTERN',
  '21000': 'CONSTRAINT_VIOLATION',
  '23503': 'FOREIGN_KEY_VIOLATION',
  '23505': 'UNIQUE_VIOLATION',
  '23P01': 'EXCLUSION_VIOLATION',
  '2BP01': 'CONFLICT',
  '42501': 'PERMISSION_DENIED',
  '42601': 'INVALID_FILTER',
  '42701': 'COLUMN_EXISTS',
  '42703': 'COLUMN_NOT_FOUND',
  '42704': 'NOT_FOUND',
  '42710': 'CONFLICT',
  '42725': 'INVALID_FILTER',
  '42804': 'INVALID_FILTER',
  '42846': 'INVALID_VALUE',
  '42883': 'FUNCTION_NOT_FOUND',
  '42P01': 'TABLE_NOT_FOUND',
  '42P07': 'TABLE_EXISTS',
  '44000': 'CONSTRAINT_VIOLATION',
  '55006': 'LOCKED',
  '55P03': 'LOCKED',
  '57014': 'STATEMENT_TIMEOUT',
};

const BY_CLASS: Readonly<Record<string, ErrorCode>> = {
  '22': 'INVALID_VALUE',
  '23': 'CONSTRAINT_VIOLATION',
  '40': 'SERIALIZATION_FAILURE',
  '53': 'DATABASE_UNAVAILABLE',
  '54': 'TOO_COMPLEX',
};

/** `raise sqlstate 'PT404'`: a function names the HTTP status of the answer, as with PostgREST. */
const BY_RAISED_STATUS: Readonly<Record<string, ErrorCode>> = {
  PT401: 'UNAUTHENTICATED',
  PT403: 'PERMISSION_DENIED',
  PT404: 'NOT_FOUND',
  PT405: 'READ_ONLY',
  PT409: 'CONFLICT',
  PT410: 'NOT_FOUND',
  PT412: 'PRECONDITION_FAILED',
  PT413: 'PAYLOAD_TOO_LARGE',
  PT422: 'BUSINESS_RULE_VIOLATED',
  PT429: 'RATE_LIMITED',
  PT503: 'SERVICE_UNAVAILABLE',
};

const isRaised = ({ routine }: pg.DatabaseError): boolean => routine === 'exec_stmt_raise';

function codeFor(error: pg.DatabaseError, { isReadOnly }: Telling): ErrorCode {
  const { code = '', routine } = error;
  if (code === '25006') return isReadOnly ? 'READ_ONLY' : 'DATABASE_UNAVAILABLE';
  // No such operator between these types, which is how the caller's filter is wrong.
  if (code === '42883' && routine === 'op_error') return 'INVALID_FILTER';
  const known = BY_RAISED_STATUS[code] ?? BY_CODE[code] ?? BY_CLASS[code.slice(0, 2)];
  if (known) return known;
  return code.startsWith('P0') || code.startsWith('PT') || isRaised(error)
    ? 'RAISED_BY_FUNCTION'
    : 'INTERNAL_ERROR';
}

function namesIn({ table, column, constraint }: pg.DatabaseError, { mayKnow }: Telling): ErrorDetails {
  if (table === undefined || !mayKnow) return {};
  const isOpen = mayKnow(table);
  return {
    ...(isOpen && constraint !== undefined && { constraint }),
    ...(column !== undefined && mayKnow(table, column) && { column }),
  };
}

function detailsOf(code: ErrorCode, error: pg.DatabaseError, telling: Telling): ErrorDetails | undefined {
  const isRetryable = code === 'SERIALIZATION_FAILURE' || code === 'LOCKED';
  const affected = code === 'MAX_AFFECTED_EXCEEDED' &&
    /^\d+$/.test(error.message) && { affected: Number(error.message) };
  const details = {
    ...(error.code?.startsWith('23') && namesIn(error, telling)),
    ...(isRetryable && { retryable: true }),
    ...affected,
  };
  return Object.keys(details).length > 0 ? details : undefined;
}

/** More than the code alone says, where that is no value: a type, or that there was none. */
function reasonOf(error: pg.DatabaseError): string | undefined {
  if (isRaised(error)) return undefined;
  if (error.code === '23502') return 'A column that has to have a value was given none';
  const type = /^invalid input syntax for type ([a-z ]+):/.exec(error.message)?.[1];
  return type ? `A value is not of the type ${type}` : undefined;
}

export function toAppError(error: unknown, telling: Telling): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof NoAnswer) return new AppError('UPSTREAM_TIMEOUT', { cause: error });
  if (error instanceof OwnRefused) return new AppError('INTERNAL_ERROR', { cause: error });
  if (codeOf(error) !== '25006' && isConnectionFault(error))
    return new AppError('DATABASE_UNAVAILABLE', { cause: error });
  if (!(error instanceof pg.DatabaseError)) return error;
  const code = codeFor(error, telling);
  const details = detailsOf(code, error, telling);
  // What the author of a function says, and to whom, is theirs to decide.
  const isTold = isRaised(error) && (code === 'RAISED_BY_FUNCTION' || error.code?.startsWith('PT'));
  const message = isTold ? error.message : reasonOf(error);
  return new AppError(code, {
    ...(message !== undefined && { message }),
    ...(details && { details }),
    cause: error,
  });
}
