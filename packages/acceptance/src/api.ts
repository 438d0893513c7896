import { randomUUID } from 'node:crypto';
import type { ApiVersion } from '@plinth/contracts';
import { inject } from 'vitest';
import './platform-under-test.ts';

// The platform over plain HTTP, as curl would speak to it. Tests say only what matters to them; the rest of a well-formed
// request is added here.

export const platform = inject('platform');

let turns = 0;
/** Whichever gateway's turn it is: with several, no two requests in a row go to the same. */
export const gatewayUrl = (): string => platform.urls[turns++ % platform.urls.length] ?? platform.url;

/** What `call` speaks unless it is told otherwise: the first version, which never changes. */
export const API_VERSION: ApiVersion = '2024-01-01';

export type UserName = keyof typeof platform.users;

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came; assertions say what it should be.
  body: any;
}

export interface Request {
  token?: string | undefined;
  body?: unknown;
  /** A header that is null is left out, whatever the defaults say. */
  headers?: Record<string, string | null>;
}

const tokens = new Map<UserName, Promise<string>>();

async function signIn(name: UserName): Promise<string> {
  const { email, password } = platform.users[name];
  const { status, body } = await call('POST', '/v1/auth/token', {
    body: { grant_type: 'password', username: email, password },
  });
  if (status !== 200) throw new Error(`${name} could not sign in: ${JSON.stringify(body)}`);
  return body.access_token;
}

/** An access token of one of the platform's users; signed in once a file. */
export function tokenOf(name: UserName): Promise<string> {
  const token = tokens.get(name) ?? signIn(name);
  tokens.set(name, token);
  return token;
}

export async function call(
  method: string,
  path: string,
  { token, body, headers }: Request = {},
): Promise<Answer> {
  const isPlatformDialect = path.startsWith('/v1/');
  const defaults: Record<string, string | null> = {
    ...(isPlatformDialect && { 'x-api-version': API_VERSION, 'x-correlation-id': randomUUID() }),
    ...(isPlatformDialect && method !== 'GET' && { 'idempotency-key': randomUUID() }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const sent = Object.entries({ ...defaults, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const response = await fetch(`${gatewayUrl()}${path}`, {
    method,
    headers: Object.fromEntries(sent),
    redirect: 'manual',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  };
}

/** The API as one user sees it. */
export async function as(name: UserName) {
  const token = await tokenOf(name);
  const request =
    (method: string) =>
    (path: string, more: Request = {}) =>
      call(method, path, { token, ...more });
  return {
    get: request('GET'),
    post: request('POST'),
    put: request('PUT'),
    patch: request('PATCH'),
    remove: request('DELETE'),
  };
}

let count = 0;
export const uniqueSlug = (name: string): string => `${name}-${Date.now().toString(36)}-${++count}`;
