import {
  type Client,
  type Context,
  errors,
  Provider,
  type ResourceServerInfo,
  type Token,
} from 'oidc-provider';
import { extraClaims } from './access-token.ts';
import { toAccount } from './account.ts';
import type { Artifacts } from './artifacts.ts';
import { type IssuerClient, originsOf, toMetadata } from './clients.ts';
import { escapeHtml, pageHeaders, renderPage } from './page.ts';
import { registerPasswordGrant } from './password-grant.ts';
import { CONNECT, RESOURCE, SCOPES, SIGN_IN_PATH } from './realm.ts';
import type { SignIn } from './sign-in.ts';
import type { SigningKey } from './signing-keys.ts';
import type { IssuerUsers } from './users.ts';

// oidc-provider in Keycloak's clothes: its URL layout, its token contents, first-party clients only.

const DAY = 86_400;
const LIFETIMES = { refresh: 7 * DAY, signIn: 30 * DAY, interaction: 1_800, code: 60 };

export interface ProviderParts {
  issuerUrl: string;
  audience: string;
  accessTokenSeconds: number;
  /** Those that are known from the start; the others are looked up among the artifacts. */
  clients: readonly IssuerClient[];
  users: IssuerUsers;
  signIn: SignIn;
  keys: readonly SigningKey[];
  artifacts: Artifacts;
  cookieKey: string;
}

async function loadGrant(provider: Provider, ctx: Context): Promise<unknown> {
  const { client, session } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const found = known ? await provider.Grant.find(known) : undefined;
  if (found?.accountId === session.accountId) return found;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(SCOPES.join(' '));
  grant.addResourceScope(RESOURCE, SCOPES.join(' '));
  await grant.save();
  return grant;
}

function sendPage(ctx: Context, title: string, content: string, redirectUri?: string): void {
  for (const [name, value] of Object.entries(pageHeaders(redirectUri))) ctx.set(name, value);
  ctx.body = renderPage(title, content);
}

const LOGOUT_BUTTONS = `<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" form="op.logoutForm" class="quiet">Stay signed in</button>`;

export function createProvider(parts: ProviderParts): Provider {
  const { issuerUrl, audience, accessTokenSeconds, clients, users, signIn, keys, artifacts } = parts;
  const secure = issuerUrl.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax', secure, signed: true };
  const webOrigins = new Map(clients.map((client) => [client.id, client.webOrigins ?? []]));
  const resourceServer: ResourceServerInfo = {
    scope: SCOPES.join(' '),
    audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: accessTokenSeconds,
    jwt: { sign: { alg: 'RS256' } },
  };

  const provider: Provider = new Provider(issuerUrl, {
    adapter: artifacts.adapterFor,
    clients: clients.map(toMetadata),
    jwks: { keys: keys.map(({ privateJwk }) => privateJwk) },
    cookies: {
      keys: [parts.cookieKey],
      names: { session: 'plinth_session', interaction: 'plinth_interaction', resume: 'plinth_resume' },
      long: { ...cookie, path: new URL(issuerUrl).pathname },
      short: cookie,
    },
    scopes: SCOPES,
    claims: {
      openid: ['sub', 'typ', 'azp'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: (_: Context, origin: string, { clientId, redirectUris }: Client) =>
      originsOf({ redirectUris, webOrigins: webOrigins.get(clientId) ?? [] }).has(origin),
    pkce: { required: () => true },
    findAccount: async (_: Context, id: string, token?: Token) => {
      const user = await users.findById(id);
      return user && !user.disabled ? toAccount(user, token?.clientId ?? '') : undefined;
    },
    loadExistingGrant: (ctx: Context) => loadGrant(provider, ctx),
    extraTokenClaims: extraClaims,
    issueRefreshToken: async (_: Context, client: { grantTypeAllowed(name: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => true,
    rotateRefreshToken: true,
    formats: {
      customizers: {
        jwt: (_: Context, __: Token, jwt: { header: object | undefined }) => {
          jwt.header = { typ: 'JWT' };
        },
      },
    },
    interactions: { url: (_: Context, { uid }: { uid: string }) => `${issuerUrl}${SIGN_IN_PATH}${uid}` },
    renderError: async (ctx: Context, out: { error: string; error_description?: string }) =>
      sendPage(
        ctx,
        'That did not work',
        `<p>${escapeHtml(out.error_description ?? out.error)}</p><p>${escapeHtml(out.error)}</p>`,
      ),
    routes: {
      authorization: `${CONNECT}/auth`,
      token: `${CONNECT}/token`,
      jwks: `${CONNECT}/certs`,
      userinfo: `${CONNECT}/userinfo`,
      end_session: `${CONNECT}/logout`,
      introspection: `${CONNECT}/token/introspect`,
      revocation: `${CONNECT}/revoke`,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      dPoP: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx: Context, form: string) => {
          const content = `<p>Do you want to sign out?</p>${form}${LOGOUT_BUTTONS}`;
          sendPage(ctx, 'Sign out', content, ctx.oidc.params.post_logout_redirect_uri);
        },
        postLogoutSuccessSource: async (ctx: Context) =>
          sendPage(ctx, 'Signed out', '<p>You can close this window.</p>'),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => RESOURCE,
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_: Context, resource: string) => {
          if (resource !== RESOURCE) throw new errors.InvalidTarget();
          return resourceServer;
        },
      },
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      IdToken: accessTokenSeconds,
      AuthorizationCode: LIFETIMES.code,
      Interaction: LIFETIMES.interaction,
      RefreshToken: LIFETIMES.refresh,
      Session: LIFETIMES.signIn,
      Grant: LIFETIMES.signIn,
    },
  });

  // Cookies and URLs follow the issuer's public URL, which handle() puts into the forwarded headers.
  provider.proxy = true;
  registerPasswordGrant(provider, signIn, resourceServer);
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === `${CONNECT}/token` && ctx.status === 200) addKeycloakFields(ctx);
    if (ctx.status === 404 && !ctx.body) {
      ctx.status = 404;
      ctx.body = { error: 'not_found' };
    }
  });
  return provider;
}

/** Fields of Keycloak's token answer that its clients read and the standard does not have. */
function addKeycloakFields(ctx: Context): void {
  const { RefreshToken: refresh, AccessToken: access } = ctx.oidc.entities;
  ctx.body = {
    ...Object(ctx.body),
    refresh_expires_in: refresh?.remainingTTL ?? 0,
    'not-before-policy': 0,
    ...(access?.grantId ? { session_state: access.grantId } : {}),
  };
}
