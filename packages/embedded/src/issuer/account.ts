import type { IssuerUser } from './users.ts';

/** A user as oidc-provider wants to see one. */
export interface IssuerAccount {
  accountId: string;
  user: IssuerUser;
  claims(use: string): Record<string, unknown>;
}

export function profileOf(user: IssuerUser): Record<string, unknown> {
  return {
    email: user.email,
    email_verified: user.emailVerified,
    preferred_username: user.email,
    name: user.displayName ?? user.email,
  };
}

export function toAccount(user: IssuerUser, clientId: string): IssuerAccount {
  return {
    accountId: user.id,
    user,
    claims: (use) => ({
      sub: user.id,
      ...profileOf(user),
      ...(use === 'id_token' ? { typ: 'ID', azp: clientId } : {}),
    }),
  };
}
