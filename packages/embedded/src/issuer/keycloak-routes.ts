import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import type { AccessTokenClaims, ReadAccessToken } from './access-token.ts';
import type { Artifacts } from './artifacts.ts';
import { authenticateClient, type FindClient, type IssuerClient } from './clients.ts';
import { FormTooLarge, readForm } from './form.ts';
import { CONNECT } from './realm.ts';
import type { IssuerUsers } from './users.ts';

// Two routes that Keycloak has and oidc-provider refuses: to introspect a signed access token, and to sign out by
// posting the refresh token.

export interface KeycloakRouteParts {
  provider: Provider;
  findClient: FindClient;
  users: IssuerUsers;
  artifacts: Artifacts;
  readAccessToken: ReadAccessToken;
}

interface Answer {
  status: number;
  body?: object;
}

const refuse = (status: number, error: string, description: string): Answer => ({
  status,
  body: { error, error_description: description },
});

const INVALID_CLIENT = refuse(401, 'invalid_client', 'Invalid client or Invalid client credentials');
const INACTIVE: Answer = { status: 200, body: { active: false } };

export function createKeycloakRoutes(parts: KeycloakRouteParts) {
  const { provider, users, artifacts, readAccessToken } = parts;

  async function isInForce({ sid, sub }: AccessTokenClaims): Promise<boolean> {
    if (!sid) return true;
    const [grant, user] = await Promise.all([provider.Grant.find(sid), users.findById(sub)]);
    return grant !== undefined && user?.disabled === false;
  }

  async function introspect(client: IssuerClient, form: URLSearchParams): Promise<Answer> {
    if (client.secret === undefined) return refuse(403, 'invalid_request', 'Client not allowed');
    const token = form.get('token') ?? '';
    const claims = readAccessToken(token);
    if (claims) {
      if (!(await isInForce(claims))) return INACTIVE;
      const { azp, preferred_username } = claims;
      const more = { client_id: azp, username: preferred_username, token_type: 'Bearer', active: true };
      return { status: 200, body: { ...claims, ...more } };
    }
    const refresh = await provider.RefreshToken.find(token);
    if (!refresh?.isValid) return INACTIVE;
    const { clientId, accountId, iat, exp, scope } = refresh;
    return {
      status: 200,
      body: { active: true, typ: 'Refresh', client_id: clientId, sub: accountId, iat, exp, scope },
    };
  }

  async function signOut(client: IssuerClient, form: URLSearchParams): Promise<Answer> {
    const token = form.get('refresh_token');
    if (!token) return refuse(400, 'invalid_request', 'No refresh token');
    const refresh = await provider.RefreshToken.find(token);
    if (!refresh?.grantId || refresh.clientId !== client.id) {
      return refuse(400, 'invalid_grant', 'Invalid refresh token');
    }
    await artifacts.endGrant(refresh.grantId, refresh.sessionUid);
    return { status: 204 };
  }

  const routes = new Map([
    [`${CONNECT}/token/introspect`, introspect],
    [`${CONNECT}/logout`, signOut],
  ]);

  async function answer(req: IncomingMessage, route: typeof introspect): Promise<Answer> {
    try {
      const form = await readForm(req);
      const client = await authenticateClient(parts.findClient, req.headers.authorization, form);
      return client ? await route(client, form) : INVALID_CLIENT;
    } catch (error) {
      if (error instanceof FormTooLarge) return refuse(413, 'invalid_request', error.message);
      throw error;
    }
  }

  /** False for any other route. */
  return async (req: IncomingMessage, res: ServerResponse, path: string): Promise<boolean> => {
    const route = req.method === 'POST' ? routes.get(path) : undefined;
    if (!route) return false;
    const { status, body } = await answer(req, route);
    const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
    res.writeHead(status, body ? headers : {}).end(body && JSON.stringify(body));
    return true;
  };
}
