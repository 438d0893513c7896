import { type Call, isIdOf } from '@plinth/contracts';
import { oauthRefusal } from '../provider/oauth-errors.ts';
import {
  GRANT_TYPES,
  type IdentityProvider,
  PASSWORD_POLICY,
  type TokenRequest,
} from '../provider/provider.ts';
import { type KnownAccount, problemOf } from '../service-account/known-account.ts';
import type { SignupPolicy, TokenInput, Tokens } from './auth.schema.ts';
import { toTokenRequest } from './grant.ts';
import type { SignInAudit } from './sign-in-audit.ts';

interface AuthDeps {
  provider: IdentityProvider;
  audit: SignInAudit;
  clientId: string;
  issuer: string;
  signups: 'closed' | 'open';
  knownAccount(id: string): Promise<KnownAccount | undefined>;
}

export function createAuthService(deps: AuthDeps) {
  const { provider, audit, clientId, issuer, signups, knownAccount } = deps;

  const accountOf = async ({ grant_type: grant, client_id: id }: TokenRequest) =>
    grant === 'client_credentials' && isIdOf('serviceAccount', id) ? knownAccount(id) : undefined;

  /** To be asked after the provider has found the secret right: who knows less is told less. */
  function checkClient({ grant_type: grant, client_id: id }: TokenRequest, known: KnownAccount | undefined) {
    if (grant !== 'client_credentials') return;
    if (!isIdOf('serviceAccount', id)) throw oauthRefusal('UNAUTHORIZED_CLIENT', grant);
    if (problemOf(known)) throw oauthRefusal('INVALID_CLIENT', grant);
  }

  return {
    /** A sign-in that cannot be put on record is not answered with tokens. */
    async token(call: Call, input: TokenInput): Promise<Tokens> {
      const request = toTokenRequest(input, clientId);
      const account = await accountOf(request);
      try {
        const tokens = await provider.token(request);
        checkClient(request, account);
        await audit.succeeded(call, request, { tokens, account });
        return tokens;
      } catch (error) {
        audit.failed(call, request, { error, account });
        throw error;
      }
    },

    signupPolicy(): SignupPolicy {
      return {
        signups,
        selfRegistration: false,
        passwordPolicy: PASSWORD_POLICY,
        grantTypes: [...GRANT_TYPES],
        clientId,
        issuer,
      };
    },
  };
}

export type AuthService = ReturnType<typeof createAuthService>;
