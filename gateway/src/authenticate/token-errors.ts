import { AppError } from '@plinth/contracts';

const headers = { 'www-authenticate': 'Bearer realm="plinth", error="invalid_token"' };

/** Callers learn that the token is bad; the reason is for the log. */
export const tokenInvalid = (reason: string, cause?: unknown): AppError =>
  new AppError('TOKEN_INVALID', { headers, cause: new Error(reason, { cause }) });

export const tokenExpired = (): AppError => new AppError('TOKEN_EXPIRED', { headers });
