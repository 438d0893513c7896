import {
  AppError,
  ERROR_CODES,
  type ErrorCode,
  type RestDialect,
  statusOf,
  summaryOf,
  toErrorBody,
  validationError,
} from '@plinth/contracts';
import { isOfWorkspaces } from '../authorize.ts';
import { toSnake } from '../rest/casing.ts';
import { ORGANIZATION_PARAMETER, pathParametersOf, type RouteFacts } from '../rest/procedures.ts';
import { errorHeaders, schemaRef } from './components.ts';
import { refusalOf } from './permission.ts';
import { ERROR_SCHEMAS } from './error-schemas.ts';

const CORRELATION_ID = 'corr-7f3a9c21';
const MOMENT = new Date('2026-01-15T10:00:00.000Z');

const fieldsIn = (input: RouteFacts['input']): string[] => Object.keys(input?.shape ?? {});

/** `tenantId`, or `tenant_id`, or a list `tenantIds`, names what may not be found. */
function notFoundCodeOf(parameter: string): ErrorCode | undefined {
  const name = parameter === ORGANIZATION_PARAMETER ? 'organization_id' : toSnake(parameter);
  const code = name.replace(/_ids?$/, '_not_found').toUpperCase();
  return ERROR_CODES.find((known) => known === code);
}

/** Of whatever uses the data of a workspace. */
const OF_WORKSPACES = [
  'WORKSPACE_REQUIRED',
  'WORKSPACE_CAPABILITY_REQUIRED',
  'WORKSPACE_SUSPENDED',
  'OVERLOADED',
] as const;

/** Every error that an operation can answer with: its own, and those that its kind of route brings along. */
function errorCodesOf({ meta, route, type, input }: RouteFacts): ErrorCode[] {
  const isSignedIn = meta.permission !== 'anonymous';
  const isPlatform = route.dialect === 'platform';
  const takesBody = route.method !== 'GET';
  const pages = input !== undefined && 'cursor' in input.shape;
  const codes = new Set<ErrorCode>([
    'VALIDATION_FAILED',
    ...(isPlatform
      ? (['HEADER_REQUIRED', 'HEADER_INVALID', 'API_VERSION_UNSUPPORTED', 'API_VERSION_RETIRED'] as const)
      : []),
    ...(meta.deprecated ? (['OPERATION_RETIRED'] as const) : []),
    ...(pages ? (['CURSOR_INVALID', 'CURSOR_MISMATCH', 'CURSOR_EXPIRED'] as const) : []),
    ...(isSignedIn
      ? ([
          'UNAUTHENTICATED',
          'TOKEN_INVALID',
          'TOKEN_EXPIRED',
          'TOKEN_REVOKED',
          'AMBIGUOUS_CREDENTIALS',
          'AUTH_UNAVAILABLE',
          'ORGANIZATION_REQUIRED',
          'NOT_A_MEMBER',
        ] as const)
      : []),
    ...(refusalOf(meta) ? (['PERMISSION_DENIED'] as const) : []),
    ...(isSignedIn && !meta.allowSuspended ? (['TENANT_SUSPENDED', 'TENANT_DELETED'] as const) : []),
    ...(meta.capability ? (['PLAN_CAPABILITY_REQUIRED'] as const) : []),
    ...(meta.capability && isOfWorkspaces(meta.capability) ? OF_WORKSPACES : []),
    ...[...pathParametersOf(route.path), ...fieldsIn(input)].flatMap((name) => notFoundCodeOf(name) ?? []),
    ...(takesBody && isSignedIn ? (['REVOCATIONS_UNCONFIRMED'] as const) : []),
    ...(type === 'mutation' && isSignedIn
      ? ([
          'IDEMPOTENCY_KEY_REQUIRED',
          'IDEMPOTENCY_KEY_INVALID',
          'IDEMPOTENCY_KEY_REUSED',
          'IDEMPOTENCY_IN_PROGRESS',
          'IDEMPOTENCY_UNAVAILABLE',
        ] as const)
      : []),
    ...(input && 'ifMatch' in input.shape ? (['PRECONDITION_FAILED'] as const) : []),
    ...(takesBody
      ? (['MALFORMED_JSON', 'JSON_TOO_DEEP', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const)
      : []),
    ...(meta.errors ?? []),
    'NOT_ACCEPTABLE',
    'URI_TOO_LONG',
    'HEADERS_TOO_LARGE',
    'RATE_LIMITED',
    'INTERNAL_ERROR',
    'BAD_GATEWAY',
    'SERVICE_UNAVAILABLE',
    'DATABASE_UNAVAILABLE',
    'UPSTREAM_TIMEOUT',
  ]);
  return [...codes];
}

function exampleError(code: ErrorCode, refusal: AppError | undefined): AppError {
  if (code === refusal?.code) return refusal;
  if (code !== 'VALIDATION_FAILED') return new AppError(code);
  return validationError([
    { path: 'limit', code: 'too_big', message: 'Too big: expected number to be <=100' },
  ]);
}

/** One response a status, with an example for each code that comes with it. */
export function responsesOf(
  dialect: RestDialect,
  codes: readonly ErrorCode[],
  refusal?: AppError,
): Record<string, object> {
  const byStatus = Map.groupBy(codes, statusOf);
  return Object.fromEntries(
    [...byStatus].map(([status, sharing]) => [
      String(status),
      {
        description: sharing.map((code) => `\`${code}\`: ${summaryOf(code)}.`).join('\n\n'),
        headers: errorHeaders(status),
        content: {
          'application/json': {
            schema: schemaRef(ERROR_SCHEMAS[dialect]),
            examples: Object.fromEntries(
              sharing.map((code) => [
                code,
                { value: toErrorBody(dialect, exampleError(code, refusal), CORRELATION_ID, MOMENT) },
              ]),
            ),
          },
        },
      },
    ]),
  );
}

export const errorResponses = (facts: RouteFacts): Record<string, object> =>
  responsesOf(facts.route.dialect, errorCodesOf(facts), refusalOf(facts.meta));
