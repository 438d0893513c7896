import type { AppError, ErrorCode, FieldError } from './errors.ts';

// One resource model, several dialects: how each names itself by path and words an error. Everything past this is the same.

export const DIALECTS = ['platform', 'organization', 'deployments', 'typed'] as const;
export type Dialect = (typeof DIALECTS)[number];
export type RestDialect = Exclude<Dialect, 'typed'>;

const PREFIXES: ReadonlyArray<readonly [prefix: string, dialect: Dialect]> = [
  ['/api/v1/deployments', 'deployments'],
  ['/api/v1/audit-logs', 'deployments'],
  ['/v1/data-sources', 'deployments'],
  ['/v1/entities', 'deployments'],
  ['/api/v1', 'organization'],
  ['/trpc', 'typed'],
];

export function dialectOf(path: string): Dialect {
  for (const [prefix, dialect] of PREFIXES) {
    if (path.startsWith(prefix) && /^(?:[/?]|$)/.test(path.slice(prefix.length))) return dialect;
  }
  return 'platform';
}

const ORGANIZATION_CODES: Record<number, string> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  412: 'CONFLICT',
  429: 'RATE_LIMITED',
};

function organizationCode(status: number): string {
  return ORGANIZATION_CODES[status] ?? (status >= 500 ? 'INTERNAL_ERROR' : 'BAD_REQUEST');
}

export function fieldErrorsOf(error: AppError): readonly FieldError[] {
  const fields = error.details?.fields;
  return Array.isArray(fields) ? (fields as FieldError[]) : [];
}

/** The `data` of a tRPC error. */
export interface TypedErrorData {
  code: ErrorCode;
  httpStatus: number;
  correlationId: string;
  details?: Readonly<Record<string, unknown>>;
  retryAfter?: number;
}

export function toTypedErrorData(error: AppError, correlationId: string): TypedErrorData {
  const { code, status, details, retryAfter } = error;
  return {
    code,
    httpStatus: status,
    correlationId,
    ...(details && { details }),
    ...(retryAfter && { retryAfter }),
  };
}

/** The JSON-RPC numbers that tRPC gives to statuses. */
const TRPC_NUMBERS: Partial<Record<number, number>> = {
  401: -32_001,
  403: -32_003,
  404: -32_004,
  405: -32_005,
  408: -32_008,
  409: -32_009,
  412: -32_012,
  413: -32_013,
  415: -32_015,
  422: -32_022,
  428: -32_028,
  429: -32_029,
};
const BAD_REQUEST_NUMBER = -32_600;
const INTERNAL_ERROR_NUMBER = -32_603;

function trpcNumber(status: number): number {
  return TRPC_NUMBERS[status] ?? (status < 500 ? BAD_REQUEST_NUMBER : INTERNAL_ERROR_NUMBER);
}

export function toErrorBody(
  dialect: Dialect,
  error: AppError,
  correlationId: string,
  now = new Date(),
): object {
  const { code, message, details, status } = error;
  switch (dialect) {
    case 'platform':
      return {
        error: { code, message, correlationId, timestamp: now.toISOString(), ...(details && { details }) },
      };
    case 'organization':
      return {
        error: {
          code: organizationCode(status),
          message,
          field_errors: fieldErrorsOf(error),
          details: { ...details, code },
        },
        meta: { request_id: correlationId, timestamp: now.toISOString() },
      };
    case 'deployments':
      return { error: message };
    case 'typed':
      return {
        error: {
          message,
          code: trpcNumber(status),
          data: toTypedErrorData(error, correlationId),
        },
      };
  }
}
