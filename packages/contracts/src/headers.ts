import { API_VERSIONS } from './versions.ts';

export const HEADERS = {
  correlationId: 'x-correlation-id',
  apiVersion: 'x-api-version',
  idempotencyKey: 'idempotency-key',
  idempotencyReplayed: 'x-idempotency-replayed',
  idempotencyOriginalRequestId: 'x-idempotency-original-request-id',
  idempotencyExpires: 'x-idempotency-expires',
  idempotencyBody: 'x-idempotency-body',
  organizationId: 'x-organization-id',
  /** Of the typed dialect, whose paths name no workspace. */
  workspaceId: 'x-workspace-id',
  /** Internal: stripped at the gateway when it comes from outside. */
  passport: 'x-plinth-passport',
  serviceToken: 'x-plinth-service',
  /** Internal: what the gateway has counted of this caller, for the routes that tell it. */
  rates: 'x-plinth-rates',
  /** Internal, in answers: for how many more milliseconds this process takes requests. */
  stopping: 'x-plinth-stopping',
  /** Internal, in answers: what it revokes. */
  revoked: 'x-plinth-revoked',
  /** Internal, in answers to reads: such a read is brief, and may wait for others of its workspace. */
  brief: 'x-plinth-brief',
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

/** An RFC 8941 String: only quotes and backslashes are escaped in it. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

/** RFC 8941 has the key as a quoted string, most clients send it bare; both spellings are one key. */
export function parseIdempotencyKey(raw: string): string | undefined {
  const key = raw.startsWith('"') ? QUOTED.exec(raw)?.[1]?.replace(/\\(.)/g, '$1') : raw;
  return key !== undefined && IDEMPOTENCY_KEY_PATTERN.test(key) ? key : undefined;
}

export const LONGEST_WAIT_SECONDS = 30;
const WAIT = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[;,]|$)/i;

/** Of a `Prefer` header (RFC 7240): the seconds that the caller will wait, at most 30; none where it says nothing of it. */
export function waitSecondsOf(prefer: string | undefined): number {
  const [, seconds = '0'] = (prefer && WAIT.exec(prefer)) || [];
  return Math.min(Number(seconds), LONGEST_WAIT_SECONDS);
}
