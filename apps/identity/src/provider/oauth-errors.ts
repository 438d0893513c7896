import { AppError, type ErrorCode } from '@plinth/contracts';
import { z } from 'zod';
import type { GrantType } from './provider.ts';

// OAuth's error codes, kept, with descriptions of our own: a provider's text may tell a wrong password from an account
// that is disabled or not there.

const oauthError = z.object({ error: z.string(), error_description: z.string().optional() });

const CODES: Record<string, ErrorCode> = {
  invalid_grant: 'INVALID_GRANT',
  access_denied: 'INVALID_GRANT',
  invalid_client: 'INVALID_CLIENT',
  invalid_request: 'INVALID_REQUEST',
  invalid_scope: 'INVALID_SCOPE',
  unsupported_grant_type: 'UNSUPPORTED_GRANT_TYPE',
  unauthorized_client: 'UNAUTHORIZED_CLIENT',
};

const GRANT_DESCRIPTIONS: Record<GrantType, string> = {
  password: 'The user name or the password is wrong, or the account cannot sign in',
  authorization_code:
    'The code is wrong, used, expired, or was made for another client, verifier or redirect URI',
  refresh_token: 'The refresh token is wrong, used, or expired, or its session has ended; sign in again',
  client_credentials: 'The client cannot sign in',
};

const DESCRIPTIONS: Record<string, string> = {
  invalid_client: 'The client is unknown or its secret is wrong',
  invalid_request: 'A parameter is missing, malformed or given twice',
  invalid_scope: 'The requested scope is unknown or more than was granted',
  unsupported_grant_type: 'The grant type is not supported',
  unauthorized_client: 'The client may not use this grant type',
};

export function oauthRefusal(error: string, grant: GrantType, cause?: unknown): AppError | undefined {
  const code = CODES[error];
  if (!code) return undefined;
  const name = code.toLowerCase();
  const description = code === 'INVALID_GRANT' ? GRANT_DESCRIPTIONS[grant] : (DESCRIPTIONS[name] ?? name);
  return new AppError(code, {
    message: description,
    details: { error: name, error_description: description },
    cause,
  });
}

export const unavailable = (cause: unknown): AppError => new AppError('AUTH_UNAVAILABLE', { cause });

interface Refused {
  status: number;
  retryAfter: string | undefined;
  body: unknown;
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
  // Keycloak has two codes for one thing: which one it is would tell whether the client exists.
  const isWrongSecret = error === 'unauthorized_client' && text.includes('credentials');
  const refusal = oauthRefusal(isWrongSecret ? 'invalid_client' : error, grant, cause);
  return status < 500 && refusal ? refusal : unavailable(cause);
}
