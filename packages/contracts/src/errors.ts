// The closed catalogue: every error that leaves Plinth is one of these, on every route and in every dialect.

const CATALOGUE = {
  VALIDATION_FAILED: [400, 'The request is not valid; details name each field'],
  MALFORMED_JSON: [400, 'The body is not valid JSON'],
  JSON_TOO_DEEP: [400, 'The body is nested deeper than 32 levels'],
  HEADER_REQUIRED: [400, 'A required header is missing'],
  HEADER_INVALID: [400, 'A header is malformed'],
  API_VERSION_UNSUPPORTED: [400, 'The API version is not served'],
  IDEMPOTENCY_KEY_REQUIRED: [400, 'This operation needs an Idempotency-Key header'],
  IDEMPOTENCY_KEY_INVALID: [400, 'The Idempotency-Key header is malformed'],
  ORGANIZATION_REQUIRED: [400, 'Say which organization with the X-Organization-Id header'],
  WORKSPACE_REQUIRED: [400, 'Say which workspace with the X-Workspace-Id header'],
  CURSOR_INVALID: [400, 'The cursor is not one that this API gave'],
  CURSOR_MISMATCH: [400, 'The cursor belongs to another query'],
  CURSOR_EXPIRED: [400, 'The cursor is too old; start again without one'],
  BATCH_NOT_ALLOWED: [400, 'Mutations cannot be batched, and a batch holds at most 20 calls'],
  AMBIGUOUS_CREDENTIALS: [400, 'Send one credential, not several'],
  CREDENTIAL_IN_QUERY: [400, 'A credential in the query string is never accepted'],
  INVALID_SELECT: [400, 'The list of what to select is not valid'],
  INVALID_FILTER: [400, 'A filter is not valid'],
  INVALID_ORDER: [400, 'The order is not valid'],
  INVALID_RANGE: [400, 'The limit, offset or range is not valid'],
  INVALID_PREFERENCE: [400, 'A preference is unknown or malformed'],
  INVALID_VALUE: [400, 'A value does not fit the type that it is for'],
  INVALID_PATTERN: [400, 'A pattern is not valid'],
  TOO_COMPLEX: [400, 'The request asks for too much at once'],
  FILTER_REQUIRED: [400, 'Say which rows: a change of all of them needs a filter'],
  COLUMN_NOT_FOUND: [400, 'The table has no such column'],
  RELATIONSHIP_NOT_FOUND: [400, 'No foreign key leads there'],
  RAISED_BY_FUNCTION: [400, 'The database function refused the request'],
  INVALID_REQUEST: [400, 'The OAuth request is not valid'],
  INVALID_SCOPE: [400, 'The requested OAuth scope is not valid'],
  UNSUPPORTED_GRANT_TYPE: [400, 'The grant type is not supported'],
  UNAUTHORIZED_CLIENT: [400, 'The client may not use this grant type'],
  UNAUTHENTICATED: [401, 'A credential is required'],
  TOKEN_INVALID: [401, 'The credential is not valid'],
  TOKEN_EXPIRED: [401, 'The token has expired'],
  TOKEN_REVOKED: [401, 'The credential was revoked; sign in again'],
  INVALID_CLIENT: [401, 'The client is unknown or its secret is wrong'],
  INVALID_GRANT: [401, 'The credentials or the grant are not valid'],
  PERMISSION_DENIED: [403, 'The caller lacks the permission'],
  PERMISSION_CEILING: [403, 'Nobody can give away more than they hold'],
  NOT_A_MEMBER: [403, 'The caller belongs to no organization'],
  PLAN_CAPABILITY_REQUIRED: [403, 'The plan does not include this capability'],
  WORKSPACE_CAPABILITY_REQUIRED: [403, 'The workspace was not given this capability'],
  QUOTA_EXCEEDED: [403, 'The plan allows no more of these'],
  TENANT_SUSPENDED: [403, 'The tenant is suspended'],
  WORKSPACE_SUSPENDED: [403, 'The workspace is suspended'],
  SIGNUPS_CLOSED: [403, 'Sign-ups are closed on this installation'],
  NOT_FOUND: [404, 'There is nothing here'],
  ORGANIZATION_NOT_FOUND: [404, 'The organization was not found'],
  TENANT_NOT_FOUND: [404, 'The tenant was not found'],
  WORKSPACE_NOT_FOUND: [404, 'The workspace was not found'],
  API_KEY_NOT_FOUND: [404, 'The API key was not found'],
  SERVICE_ACCOUNT_NOT_FOUND: [404, 'The service account was not found'],
  REALM_NOT_FOUND: [404, 'The realm was not found'],
  CLIENT_NOT_FOUND: [404, 'The OAuth client was not found'],
  ROLE_NOT_FOUND: [404, 'The role was not found'],
  USER_NOT_FOUND: [404, 'The user was not found'],
  TABLE_NOT_FOUND: [404, 'The table was not found'],
  FUNCTION_NOT_FOUND: [404, 'The function was not found'],
  ROW_NOT_FOUND: [404, 'No row fits the request'],
  INDEX_NOT_FOUND: [404, 'The index was not found'],
  POLICY_NOT_FOUND: [404, 'The policy was not found'],
  TYPE_NOT_FOUND: [404, 'The type was not found'],
  MIGRATION_NOT_FOUND: [404, 'The migration was not found'],
  CREDENTIAL_NOT_FOUND: [404, 'The database credential was not found'],
  METHOD_NOT_ALLOWED: [405, 'The method is not served here'],
  READ_ONLY: [405, 'This can only be read'],
  NOT_ACCEPTABLE: [406, 'None of the accepted media types is served'],
  REQUEST_TIMEOUT: [408, 'The request took too long to arrive'],
  CONFLICT: [409, 'The request conflicts with the current state'],
  SLUG_TAKEN: [409, 'The slug is already in use'],
  INVALID_STATE: [409, 'The resource is not in a state that allows this'],
  IDEMPOTENCY_KEY_REUSED: [409, 'The idempotency key was used with another request'],
  IDEMPOTENCY_IN_PROGRESS: [409, 'A request with this idempotency key is still running'],
  UNIQUE_VIOLATION: [409, 'A row with these values is there already'],
  FOREIGN_KEY_VIOLATION: [409, 'A row that this refers to is not there, or one that is there refers to it'],
  EXCLUSION_VIOLATION: [409, 'A row that excludes this one is there already'],
  SERIALIZATION_FAILURE: [409, 'Another transaction was in the way; send it again'],
  LOCKED: [409, 'Another transaction holds what this one needs; send it again'],
  NOT_SINGULAR: [409, 'More than one row fits, and one was asked for'],
  RELATIONSHIP_AMBIGUOUS: [409, 'Several foreign keys lead there; say which'],
  TABLE_EXISTS: [409, 'There is a table, view or index of that name already'],
  COLUMN_EXISTS: [409, 'There is a column of that name already'],
  MIGRATION_DRIFT: [409, 'A migration of that number was applied with other content'],
  TENANT_DELETED: [410, 'The tenant is deleted'],
  API_VERSION_RETIRED: [410, 'The API version is no longer served'],
  OPERATION_RETIRED: [410, 'The operation is no longer served'],
  PRECONDITION_FAILED: [412, 'The resource has changed since it was read'],
  PAYLOAD_TOO_LARGE: [413, 'The body is too large'],
  URI_TOO_LONG: [414, 'The URL is too long'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The media type of the body is not supported'],
  RANGE_NOT_SATISFIABLE: [416, 'The range begins beyond the last row'],
  EXPECTATION_FAILED: [417, 'The expectation cannot be met'],
  BUSINESS_RULE_VIOLATED: [422, 'The request breaks a business rule'],
  PLAN_DOWNGRADE_BLOCKED: [422, 'Existing workspaces need what the new plan lacks'],
  CAPABILITY_UNAVAILABLE: [422, 'The backing system cannot do this'],
  CONSTRAINT_VIOLATION: [422, 'A value breaks a rule of the table'],
  MAX_AFFECTED_EXCEEDED: [422, 'The request would change more rows than it may'],
  PRECONDITION_REQUIRED: [428, 'The request must say which version it changes'],
  RATE_LIMITED: [429, 'Too many requests'],
  HEADERS_TOO_LARGE: [431, 'The headers are too large'],
  INTERNAL_ERROR: [500, 'Internal server error'],
  NOT_IMPLEMENTED: [501, 'The method is unknown'],
  BAD_GATEWAY: [502, 'A backing service gave no usable answer'],
  SERVICE_UNAVAILABLE: [503, 'A backing service is unavailable'],
  AUTH_UNAVAILABLE: [503, 'Credentials cannot be checked right now'],
  IDEMPOTENCY_UNAVAILABLE: [503, 'Idempotency keys cannot be looked up right now, so nothing was done'],
  REVOCATIONS_UNCONFIRMED: [
    503,
    'Nothing can be changed while revoked access cannot be told; reading goes on',
  ],
  DATABASE_UNAVAILABLE: [503, 'The database is unavailable'],
  OVERLOADED: [503, 'The service has too much to do'],
  UPSTREAM_TIMEOUT: [504, 'A backing service did not answer in time'],
  STATEMENT_TIMEOUT: [504, 'The database took longer than the plan allows'],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof CATALOGUE;
export type ErrorDetails = Readonly<Record<string, unknown>>;

export const ERROR_CODES = Object.keys(CATALOGUE) as ErrorCode[];

export const statusOf = (code: ErrorCode): number => CATALOGUE[code][0];
export const summaryOf = (code: ErrorCode): string => CATALOGUE[code][1];

interface AppErrorOptions {
  message?: string;
  details?: ErrorDetails;
  /** Seconds, for the Retry-After header. */
  retryAfter?: number;
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

const DEFAULT_RETRY_AFTER: Partial<Record<number, number>> = { 429: 1, 502: 1, 503: 1, 504: 1 };

/** The one error that services throw. Its message and details are shown to callers, its cause never is. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: ErrorDetails | undefined;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? summaryOf(code), { cause: options.cause });
    this.code = code;
    this.status = statusOf(code);
    this.details = options.details;
    this.retryAfter = options.retryAfter ?? DEFAULT_RETRY_AFTER[this.status];
    this.headers = options.headers ?? {};
  }
}

export interface FieldError {
  path: string;
  code: string;
  message: string;
}

/** A body can hold a hundred thousand unknown fields; an answer that named them all would be many times its size. */
const MAX_NAMED_FIELDS = 100;

export function validationError(all: readonly FieldError[], cause?: unknown): AppError {
  const fields = all.slice(0, MAX_NAMED_FIELDS);
  const named = fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return new AppError('VALIDATION_FAILED', {
    message: `Invalid request: ${named}`,
    details: { fields },
    cause,
  });
}
