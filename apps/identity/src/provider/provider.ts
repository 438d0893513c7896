import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { AccountClients } from './account-clients.ts';
import type { RealmAdmin } from './realm-admin.ts';

// The port to whoever keeps the users, checks their passwords and signs the tokens. Whatever stands behind it, a refusal
// is an AppError with OAuth's own code in its details, and no answer in time is AUTH_UNAVAILABLE.

export const GRANT_TYPES = ['password', 'authorization_code', 'refresh_token', 'client_credentials'] as const;
export type GrantType = (typeof GRANT_TYPES)[number];

/** What every provider asks of a new password; the realm that ships for Keycloak says the same. */
export const PASSWORD_POLICY = { minLength: 12, maxLength: 128 } as const;

/** The parameters of a token request, by OAuth's names. */
export interface TokenRequest {
  grant_type: GrantType;
  client_id: string;
  [parameter: string]: string;
}

export const providerTokensSchema = z.object({
  access_token: z.string(),
  token_type: z.string(),
  expires_in: z.number(),
  refresh_token: z.string().optional(),
  refresh_expires_in: z.number().optional(),
  scope: z.string().optional(),
  id_token: z.string().optional(),
});
export type ProviderTokens = z.output<typeof providerTokensSchema>;

export interface NewUser {
  email: string;
  password: string;
  displayName?: string | undefined;
}

export interface IdentityProvider {
  backend: 'embedded' | 'keycloak';
  token(request: TokenRequest): Promise<ProviderTokens>;
  /** Makes the user if the address is new; an existing one stays as it is. */
  ensureUser(user: NewUser): Promise<{ created: boolean }>;
  /** The realms of tenants. */
  realms: RealmAdmin;
  accountClients: AccountClients;
  /** Ends every sign-in of a user, by the subject of its tokens: no refresh token works any more. */
  signOut(subject: string): Promise<void>;
  /** Answers when sign-ins can work. */
  check(): Promise<void>;
  close(): Promise<void>;
  /** Embedded: the provider's own pages and endpoints, below the path of its public URL. */
  handle?: (request: IncomingMessage, response: ServerResponse) => void;
}
