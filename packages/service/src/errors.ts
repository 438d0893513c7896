import { AppError, type ErrorCode, type FieldError, validationError } from '@plinth/contracts';
import { TRPCError } from '@trpc/server';
import { z } from 'zod';

// Whatever was thrown becomes one AppError, here and nowhere else. What is not known to be safe to show is an
// INTERNAL_ERROR whose cause goes to the log.

const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_JSON_BODY: 'MALFORMED_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'MALFORMED_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'MALFORMED_JSON',
  FST_ERR_BAD_URL: 'NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'NOT_FOUND',
};

const TRPC_CODES: Partial<Record<TRPCError['code'], ErrorCode>> = {
  PARSE_ERROR: 'MALFORMED_JSON',
  BAD_REQUEST: 'VALIDATION_FAILED',
  NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'METHOD_NOT_ALLOWED',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
};

type Issue = z.core.$ZodIssue;

const pathOf = (segments: readonly PropertyKey[]): string => segments.map(String).join('.');

function fieldsOf(issue: Issue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pathOf([...issue.path, key]),
      code: 'unknown_field',
      message: 'is not a known field',
    }));
  }
  // Zod keeps the input out of its issues; only the message still says that there was none.
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const subject = issue.path.length === 0 ? 'an input ' : '';
  const message = missing ? `${subject}is required` : issue.message;
  return [{ path: pathOf(issue.path), code: missing ? 'required' : issue.code, message }];
}

const strangeIn = (issues: readonly Issue[]): number =>
  issues.flatMap((issue) => (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : []))
    .length;

/** Whether it is of the option's kind at all, and wrong in its fields only. */
const isWrongWithin = (issues: readonly Issue[]): boolean =>
  issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys');

/** Of a union, what the option says that was meant: the one with the fewest strange fields, then the fewest wrong ones. */
function meant(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue];
  const [option] = issue.errors
    .map((issues) => issues.flatMap(meant))
    .filter(isWrongWithin)
    .toSorted((a, b) => strangeIn(a) - strangeIn(b) || a.length - b.length);
  return option?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

export const fieldErrors = (error: z.core.$ZodError): FieldError[] =>
  error.issues.flatMap(meant).flatMap(fieldsOf);

function isZodError(value: unknown): value is z.core.$ZodError {
  return value instanceof z.core.$ZodError;
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof TRPCError) {
    if (thrown.cause instanceof AppError) return thrown.cause;
    if (thrown.code === 'BAD_REQUEST' && isZodError(thrown.cause)) {
      return validationError(fieldErrors(thrown.cause), thrown);
    }
    if (thrown.code === 'BAD_REQUEST' && thrown.cause instanceof SyntaxError) {
      return new AppError('MALFORMED_JSON', { cause: thrown });
    }
    const code = TRPC_CODES[thrown.code];
    return new AppError(code ?? 'INTERNAL_ERROR', { cause: thrown.cause ?? thrown });
  }
  const known = FASTIFY_CODES[codeOf(thrown) ?? ''];
  if (known) return new AppError(known, { cause: thrown });
  if (thrown instanceof SyntaxError && 'statusCode' in thrown && thrown.statusCode === 400) {
    return new AppError('MALFORMED_JSON', { cause: thrown });
  }
  return new AppError('INTERNAL_ERROR', { cause: thrown });
}

/** Of an error before any procedure ran. There a broken connection is the caller's, who left amid its own request. */
export function requestErrorOf(thrown: unknown): AppError {
  if (codeOf(thrown) === 'ECONNRESET') return new AppError('REQUEST_TIMEOUT', { cause: thrown });
  return toAppError(thrown);
}

const TRPC_BY_STATUS: Record<number, TRPCError['code']> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  409: 'CONFLICT',
  412: 'PRECONDITION_FAILED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  428: 'PRECONDITION_REQUIRED',
  429: 'TOO_MANY_REQUESTS',
  502: 'BAD_GATEWAY',
  503: 'SERVICE_UNAVAILABLE',
  504: 'GATEWAY_TIMEOUT',
};

export function toTrpcError(error: AppError): TRPCError {
  const fallback = error.status >= 500 ? 'INTERNAL_SERVER_ERROR' : 'BAD_REQUEST';
  return new TRPCError({
    code: TRPC_BY_STATUS[error.status] ?? fallback,
    message: error.message,
    cause: error,
  });
}
