import { AppError, type ErrorCode, summaryOf } from '@plinth/contracts';
import { z } from 'zod';
import { GRANT_TYPES, type GrantType } from './provider.ts';

// OAuth's error codes, kept, with descriptions of our own: a provider's text may tell a wrong password from an account
// that is disabled or not there.

const oauthError = z.object({ error: z.string(), error_description: z.string().optional() });

const CODES = new Map<string, ErrorCode>([
  ['invalid_grant', 'INVALID_GRANT'],
  ['access_denied', 'INVALID_GRANT'],
  ['invalid_client', 'INVALID_CLIENT'],
  ['invalid_request', 'INVALID_REQUEST'],
  ['invalid_scope', 'INVALID_SCOPE'],
  ['unsupported_grant_type', 'UNSUPPORTED_GRANT_TYPE'],
  ['unauthorized_client', 'UNAUTHORIZED_CLIENT'],
]);

const GRANT_DESCRIPTIONS: Record<GrantType, string> = {
  password: 'The user name or the password is wrong, or the account cannot sign in',
  authorization_code:
    'The code is wrong, used, expired, or was made for another client, verifier or redirect URI',
  refresh_token: 'The refresh token is wrong, used, or expired, or its session has ended; sign in again',
  client_credentials: 'The client cannot sign in',
};

const DESCRIPTIONS: Partial<Record<ErrorCode, string>> = {
  INVALID_CLIENT: 'The client is unknown or its secret is wrong',
  INVALID_REQUEST: 'A parameter is missing, malformed or given twice',
  INVALID_SCOPE: 'The requested scope is unknown or more than was granted',
  UNSUPPORTED_GRANT_TYPE: `The grant types are ${GRANT_TYPES.join(', ')}`,
  UNAUTHORIZED_CLIENT: 'The client may not use this grant type',
};

export function oauthRefusal(code: ErrorCode, grant: GrantType | undefined, cause?: unknown): AppError {
  const known = grant && code === 'INVALID_GRANT' ? GRANT_DESCRIPTIONS[grant] : DESCRIPTIONS[code];
  const message = known ?? summaryOf(code);
  return new AppError(code, {
    message,
    details: { error: code.toLowerCase(), error_description: message },
    cause,
  });
}

export const unavailable = (cause: unknown): AppError => new AppError('AUTH_UNAVAILABLE', { cause });

interface Refused {
  status: number;
  retryAfter: string | undefined;
  body: unknown;
}

/** One code for one thing, where the providers differ or one of them has two. */
function commonCode(error: string, description: string): string {
  // Keycloak tells an unknown client from a wrong secret by these two; nobody else shall.
  if (error === 'unauthorized_client' && description.includes('credentials')) return 'invalid_client';
  // oidc-provider says so of a grant type that the client may not use.
  if (error === 'invalid_request' && description.includes('not allowed')) return 'unauthorized_client';
  return error;
}

/** What a provider that answered, but with no tokens, means. */
export function toRefusal({ status, retryAfter, body }: Refused, grant: GrantType): AppError {
  const parsed = oauthError.safeParse(body);
  const { error = 'no OAuth error', error_description: text = '' } = parsed.data ?? {};
  const cause = new Error(`the provider answered ${status}: ${error}`);
  if (status === 429) {
    const seconds = Number(retryAfter);
    return new AppError('RATE_LIMITED', {
      message: 'Too many failed sign-ins; try again later',
      ...(seconds > 0 && { retryAfter: seconds }),
      cause,
    });
  }
  const code = CODES.get(commonCode(error, text));
  return status < 500 && code ? oauthRefusal(code, grant, cause) : unavailable(cause);
}
