import { verify } from 'node:crypto';
import type { Context, Token } from 'oidc-provider';
import { type IssuerAccount, profileOf } from './account.ts';
import type { SigningKey } from './signing-keys.ts';

// Access tokens look like Keycloak's: JWTs that nobody stores. `sid` names the grant, which is what a sign-out ends.

export interface AccessTokenClaims {
  iss: string;
  sub: string;
  azp: string;
  typ: string;
  jti: string;
  iat: number;
  exp: number;
  scope?: string;
  sid?: string;
  preferred_username?: string;
}

export function extraClaims(ctx: Context & { oidc: { account?: IssuerAccount } }, token: Token): object {
  const account = ctx.oidc.account;
  const common = { typ: 'Bearer', azp: token.clientId };
  return account && token.kind === 'AccessToken'
    ? { ...common, sid: token.grantId, ...profileOf(account.user) }
    : { ...common, preferred_username: `service-account-${token.clientId}` };
}

export type ReadAccessToken = (token: string) => AccessTokenClaims | undefined;

function parse(part: string | undefined): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** Reads what this issuer signed and what still is in force; undefined for anything else. */
export function createAccessTokenReader(issuerUrl: string, keys: readonly SigningKey[]): ReadAccessToken {
  return (token) => {
    const [head, body, signature] = token.split('.');
    const key = keys.find(({ kid }) => kid === parse(head)?.kid);
    if (!key || !signature) return undefined;
    const signed = Buffer.from(`${head}.${body}`);
    if (!verify('RSA-SHA256', signed, key.publicKey, Buffer.from(signature, 'base64url'))) return undefined;
    const claims = parse(body);
    return claims && isAccessToken(claims, issuerUrl) ? claims : undefined;
  };
}

function isAccessToken(claims: object, issuerUrl: string): claims is AccessTokenClaims {
  const { iss, typ, exp } = { iss: '', typ: '', exp: 0, ...claims };
  return iss === issuerUrl && typ === 'Bearer' && exp > Date.now() / 1_000;
}
