import type { AppError, TypedErrorData } from '@plinth/contracts';

// tRPC's own JSON form of an error, so that a typed client reads a refusal at the gateway like one of its service.

/** JSON-RPC numbers as tRPC gives them; what is missing is an internal error to it. */
const NUMBERS: Partial<Record<number, number>> = {
  400: -32600,
  401: -32001,
  403: -32003,
  404: -32004,
  405: -32005,
  408: -32008,
  409: -32009,
  412: -32012,
  413: -32013,
  415: -32015,
  422: -32022,
  428: -32028,
  429: -32029,
};
const INTERNAL = -32603;
const OTHER_CLIENT_ERROR = -32600;

export function toTypedErrorBody(
  error: AppError,
  correlationId: string,
  path: string,
  search: string,
): object {
  const data: TypedErrorData & { httpStatus: number } = {
    code: error.code,
    httpStatus: error.status,
    correlationId,
    ...(error.details && { details: error.details }),
    ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }),
  };
  const code = NUMBERS[error.status] ?? (error.status < 500 ? OTHER_CLIENT_ERROR : INTERNAL);
  const body = { error: { message: error.message, code, data } };
  return isBatch(search)
    ? Array.from({ length: Math.min(callsOf(path, search), MAX_BATCH) }, () => body)
    : body;
}

export const MAX_BATCH = 20;

export const isBatch = (search: string): boolean => /[?&]batch=1(?:&|$)/.test(search);

/** A batch names its calls in the path, with commas between them. */
export function callsOf(path: string, search: string): number {
  if (!isBatch(search)) return 1;
  const names = path.slice(path.lastIndexOf('/') + 1);
  return names.split(/,|%2c/i).length;
}
