import { validationError } from '@plinth/contracts';
import { oauthRefusal } from '../provider/oauth-errors.ts';
import { GRANT_TYPES, type GrantType, type TokenRequest } from '../provider/provider.ts';
import type { TokenInput } from './auth.schema.ts';

// What each grant type needs, and that nothing else is sent on to the provider.

type Field = Exclude<keyof TokenInput, 'grant_type'>;

const REQUIRED: Record<GrantType, readonly Field[]> = {
  password: ['username', 'password'],
  authorization_code: ['code', 'code_verifier', 'redirect_uri'],
  refresh_token: ['refresh_token'],
  client_credentials: ['client_id', 'client_secret'],
};

/** Every grant may name its client and a scope. */
const COMMON: readonly Field[] = ['client_id', 'client_secret', 'scope'];

function grantTypeOf({ grant_type }: TokenInput): GrantType {
  const grant = GRANT_TYPES.find((known) => known === grant_type);
  if (grant) return grant;
  if (grant_type === '') throw missing(['grant_type']);
  throw oauthRefusal('UNSUPPORTED_GRANT_TYPE', undefined);
}

const missing = (fields: readonly string[]) =>
  validationError(fields.map((path) => ({ path, code: 'required', message: 'is required' })));

export function toTokenRequest(input: TokenInput, defaultClientId: string): TokenRequest {
  const grant = grantTypeOf(input);
  const absent = REQUIRED[grant].filter((field) => !input[field]);
  if (absent.length > 0) throw missing(absent);
  const fields = [...REQUIRED[grant], ...COMMON].flatMap((field) => {
    const value = input[field];
    return value ? [[field, value] as const] : [];
  });
  return { client_id: defaultClientId, ...Object.fromEntries(fields), grant_type: grant };
}
