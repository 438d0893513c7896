import { type Context, errors, type Provider, type ResourceServerInfo } from 'oidc-provider';
import { type IssuerAccount, toAccount } from './account.ts';
import { DEFAULT_SCOPES, RESOURCE, SCOPES } from './realm.ts';
import type { SignIn } from './sign-in.ts';

// Keycloak's "direct access grant", which oidc-provider does not have: a user's e-mail and password for tokens.

const PARAMETERS = ['username', 'password', 'scope'];

function grantedScope(asked: string | undefined): string {
  const known = asked?.split(' ').filter((scope) => SCOPES.includes(scope)) ?? [];
  return [...new Set([...DEFAULT_SCOPES, ...known])].join(' ');
}

export function registerPasswordGrant(
  provider: Provider,
  signIn: SignIn,
  resourceServer: ResourceServerInfo,
): void {
  async function issue(ctx: Context, account: IssuerAccount): Promise<object> {
    const { client, params } = ctx.oidc;
    const { accountId } = account;
    const scope = grantedScope(params.scope);
    const grant = new provider.Grant({ accountId, clientId: client.clientId });
    grant.addOIDCScope(scope);
    grant.addResourceScope(RESOURCE, scope);
    const base = { accountId, client, grantId: await grant.save(), gty: 'password', scope };
    ctx.oidc.entity('Account', account);

    const access = new provider.AccessToken(base);
    access.resourceServer = new provider.ResourceServer(RESOURCE, resourceServer);
    ctx.oidc.entity('AccessToken', access);
    const accessToken = await access.save();

    const authTime = Math.floor(Date.now() / 1_000);
    const refresh = new provider.RefreshToken({ ...base, authTime, resource: RESOURCE, rotations: 0 });
    ctx.oidc.entity('RefreshToken', refresh);
    const mayRefresh = client.grantTypeAllowed('refresh_token');

    return {
      access_token: accessToken,
      expires_in: access.expiration,
      ...(mayRefresh ? { refresh_token: await refresh.save() } : {}),
      token_type: 'Bearer',
      ...(scope.split(' ').includes('openid') ? { id_token: await idToken(ctx, account, scope) } : {}),
      scope,
    };
  }

  async function idToken(ctx: Context, account: IssuerAccount, scope: string): Promise<string> {
    const token = new provider.IdToken({ ...account.claims('id_token'), sub: account.accountId }, { ctx });
    token.scope = scope;
    return token.issue({ use: 'idtoken' });
  }

  async function handle(ctx: Context): Promise<void> {
    const { username, password } = ctx.oidc.params;
    if (!username || !password) throw new errors.InvalidRequest('missing username or password');
    const result = await signIn(username, password);
    if (result.outcome === 'accepted') {
      ctx.body = await issue(ctx, toAccount(result.user, ctx.oidc.client.clientId));
    } else if (result.outcome === 'blocked') {
      ctx.status = 429;
      ctx.set('Retry-After', String(result.retryAfter));
      ctx.body = {
        error: 'temporarily_unavailable',
        error_description: 'Too many failed sign-ins of this user. Try again later',
      };
    } else {
      ctx.status = 401;
      ctx.body = { error: 'invalid_grant', error_description: 'Invalid user credentials' };
    }
  }

  provider.registerGrantType('password', handle, PARAMETERS, []);
}
