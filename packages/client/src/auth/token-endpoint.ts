import { API_VERSION, HEADERS } from '../headers.ts';
import { isRecord, type PlinthError } from '../plinth-error.ts';
import { randomId } from '../random-id.ts';
import { badAnswer, type Fetch, globalFetch, send } from '../send.ts';
import { fromErrorData } from '../to-plinth-error.ts';

export interface TokenEndpointOptions {
  /** The gateway's public URL. */
  url: string;
  fetch?: Fetch | undefined;
  /** How long a request for a token may take. 10 s unless given. */
  timeoutMs?: number | undefined;
}

export interface Tokens {
  accessToken: string;
  /** Seconds. */
  expiresIn: number;
  refreshToken: string | undefined;
}

/** Asks as OAuth clients do: a form goes in, `access_token` and its like come out. */
export async function fetchTokens(
  path: '/v1/auth/token' | '/v1/auth/refresh',
  form: Record<string, string>,
  { url, fetch = globalFetch, timeoutMs = 10_000 }: TokenEndpointOptions,
): Promise<Tokens> {
  const correlationId = randomId();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    [HEADERS.apiVersion]: API_VERSION,
    [HEADERS.correlationId]: correlationId,
  };
  const body = new URLSearchParams(form).toString();
  const request = { method: 'POST', headers, body };
  const answer = await send(url.replace(/\/+$/, '') + path, request, { fetch, timeoutMs });
  const json = await answer.json();
  const tokens = answer.ok ? tokensIn(json) : undefined;
  if (tokens) return tokens;
  throw errorIn(json, answer) ?? badAnswer(answer);
}

function tokensIn(json: unknown): Tokens | undefined {
  if (!isRecord(json)) return undefined;
  const { access_token: accessToken, expires_in: expiresIn, refresh_token: refreshToken } = json;
  if (typeof accessToken !== 'string' || typeof expiresIn !== 'number') return undefined;
  return {
    accessToken,
    expiresIn,
    refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined,
  };
}

function errorIn(
  json: unknown,
  { status, retryAfter }: { status: number; retryAfter: number | undefined },
): PlinthError | undefined {
  const error = isRecord(json) ? json.error : undefined;
  return isRecord(error) ? fromErrorData(error.message, error, { status, retryAfter }) : undefined;
}
