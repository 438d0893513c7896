import { randomUUID } from 'node:crypto';
import type { PlatformUser } from '../platform-home.ts';

// The platform as this suite calls it: any gateway, and every answer kept with what matters when parts are lost.

export interface Outcome {
  status: number;
  /** The code of an error. */
  code: string | undefined;
  retryAfter: string | null;
  degraded: string | null;
  /** The answer carried the correlation id that was sent. */
  isCorrelated: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came; assertions say what it should be.
  body: any;
}

export interface Call {
  token?: string;
  body?: unknown;
  key?: string;
}

/** A connection that nobody answers is given up, so that a test ends; no answer may take nearly as long. */
const GIVEN_UP_MS = 30_000;

export async function call(gateway: string, method: string, path: string, more: Call = {}): Promise<Outcome> {
  const { token, body, key } = more;
  const correlationId = randomUUID();
  const response = await fetch(`${gateway}${path}`, {
    method,
    headers: {
      'x-api-version': '2024-01-01',
      'x-correlation-id': correlationId,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(GIVEN_UP_MS),
  });
  const answer = JSON.parse(await response.text());
  return {
    status: response.status,
    code: answer.error?.code,
    retryAfter: response.headers.get('retry-after'),
    degraded: response.headers.get('x-degraded'),
    isCorrelated: response.headers.get('x-correlation-id') === correlationId,
    body: answer,
  };
}

export const signIn = (gateway: string, { email, password }: PlatformUser): Promise<Outcome> =>
  call(gateway, 'POST', '/v1/auth/token', {
    body: { grant_type: 'password', username: email, password },
  });

export interface Part {
  name: string;
  status: string;
  affects?: string;
  stillWorks?: string;
}

export async function partsOf(gateway: string): Promise<Part[]> {
  return (await call(gateway, 'GET', '/v1/platform/health')).body.dependencies;
}
