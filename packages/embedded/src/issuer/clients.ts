import { createHash, timingSafeEqual } from 'node:crypto';

export interface IssuerClient {
  id: string;
  /** Makes the client a confidential one. */
  secret?: string;
  grants: readonly ('password' | 'authorization_code' | 'refresh_token' | 'client_credentials')[];
  redirectUris?: readonly string[];
  postLogoutRedirectUris?: readonly string[];
  /** Origins besides those of the redirect URIs whose scripts may call the issuer. */
  webOrigins?: readonly string[];
}

export type FindClient = (id: string) => Promise<IssuerClient | undefined>;

/** A scheme of its own is how an app on a device is come back to. */
export const isAppUri = (uri: string): boolean => !/^https?:/.test(uri);

export function toMetadata(client: IssuerClient): Record<string, unknown> {
  const redirectUris = client.redirectUris ?? [];
  return {
    client_id: client.id,
    ...(client.secret === undefined ? {} : { client_secret: client.secret }),
    application_type: redirectUris.some(isAppUri) ? 'native' : 'web',
    token_endpoint_auth_method: client.secret === undefined ? 'none' : 'client_secret_basic',
    grant_types: client.grants,
    response_types: client.grants.includes('authorization_code') ? ['code'] : [],
    redirect_uris: redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris ?? [],
  };
}

export function originsOf({ redirectUris = [], webOrigins = [] }: Partial<IssuerClient>): Set<string> {
  const pages = redirectUris.filter((uri) => !isAppUri(uri));
  return new Set([...pages.map((uri) => new URL(uri).origin), ...webOrigins]);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function readBasic(header: string | undefined): [id: string, secret: string] | undefined {
  const [scheme, encoded = ''] = header?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  try {
    return [decodeURIComponent(id), decodeURIComponent(secret)];
  } catch {
    return undefined;
  }
}

/** For the routes that are not oidc-provider's: which client calls, by Basic or by form. */
export async function authenticateClient(
  findClient: FindClient,
  authorization: string | undefined,
  form: URLSearchParams,
): Promise<IssuerClient | undefined> {
  const [id, secret] = readBasic(authorization) ?? [form.get('client_id'), form.get('client_secret') ?? ''];
  const client = id ? await findClient(id) : undefined;
  return client && timingSafeEqual(digest(client.secret ?? ''), digest(secret)) ? client : undefined;
}
