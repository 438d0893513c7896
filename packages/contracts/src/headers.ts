import { API_VERSIONS } from './versions.ts';

export const HEADERS = {
  correlationId: 'x-correlation-id',
  apiVersion: 'x-api-version',
  idempotencyKey: 'idempotency-key',
  idempotencyReplayed: 'x-idempotency-replayed',
  organizationId: 'x-organization-id',
  /** Internal: stripped at the gateway when it comes from outside. */
  passport: 'x-plinth-passport',
  serviceToken: 'x-plinth-service',
  /** Internal, in answers: for how many more milliseconds this process takes requests. */
  stopping: 'x-plinth-stopping',
} as const;

export const INTERNAL_HEADER_PREFIX = 'x-plinth-';

export const CORRELATION_ID_PATTERN = /^[A-Za-z0-9._:-]{8,128}$/;
export const IDEMPOTENCY_KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

/** How each required header must look, as errors and documents tell it. */
export const HEADER_FORMS = {
  [HEADERS.apiVersion]: `a date, one of: ${API_VERSIONS.join(', ')}`,
  [HEADERS.correlationId]: '8 to 128 characters of A-Z a-z 0-9 . _ : -',
  [HEADERS.idempotencyKey]:
    '1 to 255 visible ASCII characters, new for each action and the same on its retries',
} as const;

/** RFC 8941 lets a client send the key as a quoted string; both spellings are one key. */
export function parseIdempotencyKey(raw: string): string | undefined {
  const bare = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  return IDEMPOTENCY_KEY_PATTERN.test(bare) ? bare : undefined;
}
