import type { TokenFunction } from './credential.ts';
import { fetchTokens, type TokenEndpointOptions } from './token-endpoint.ts';
import { keepToken } from './token-keeper.ts';

export interface PasswordAuthOptions extends TokenEndpointOptions {
  username: string;
  password: string;
  /** The OAuth client to sign in by; the server's own unless given. */
  clientId?: string | undefined;
}

export interface ClientCredentialsAuthOptions extends TokenEndpointOptions {
  clientId: string;
  clientSecret: string;
}

function createAuth(
  grant: Record<string, string>,
  client: Record<string, string>,
  options: TokenEndpointOptions,
): TokenFunction {
  return keepToken({
    signIn: () => fetchTokens('/v1/auth/token', { ...grant, ...client }, options),
    refresh: (refreshToken) =>
      fetchTokens('/v1/auth/refresh', { refresh_token: refreshToken, ...client }, options),
  });
}

/** Signs a user in, and stays signed in. */
export function passwordAuth(options: PasswordAuthOptions): TokenFunction {
  const { username, password, clientId } = options;
  const client = clientId === undefined ? {} : { client_id: clientId };
  return createAuth({ grant_type: 'password', username, password }, client, options);
}

/** Signs a service account in, and stays signed in. */
export function clientCredentialsAuth(options: ClientCredentialsAuthOptions): TokenFunction {
  const client = { client_id: options.clientId, client_secret: options.clientSecret };
  return createAuth({ grant_type: 'client_credentials' }, client, options);
}
