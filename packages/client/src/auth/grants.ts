import type { TokenFunction } from './credential.ts';
import { fetchTokens, type TokenEndpointOptions } from './token-endpoint.ts';
import { keepToken } from './token-keeper.ts';

const PASSWORD_CLIENT = 'plinth-console';

export interface PasswordAuthOptions extends TokenEndpointOptions {
  username: string;
  password: string;
  /** The OAuth client to sign in by. `plinth-console` unless given. */
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
      fetchTokens(
        '/v1/auth/refresh',
        { grant_type: 'refresh_token', refresh_token: refreshToken, ...client },
        options,
      ),
  });
}

/** Signs a user in, and stays signed in. */
export function passwordAuth(options: PasswordAuthOptions): TokenFunction {
  const { username, password, clientId = PASSWORD_CLIENT } = options;
  return createAuth({ grant_type: 'password', username, password }, { client_id: clientId }, options);
}

/** Signs a service account in, and stays signed in. */
export function clientCredentialsAuth(options: ClientCredentialsAuthOptions): TokenFunction {
  const client = { client_id: options.clientId, client_secret: options.clientSecret };
  return createAuth({ grant_type: 'client_credentials' }, client, options);
}
