import type { Call } from '@plinth/contracts';
import { GRANT_TYPES, type IdentityProvider, PASSWORD_POLICY } from '../provider/provider.ts';
import type { SignupPolicy, TokenInput, Tokens } from './auth.schema.ts';
import { toTokenRequest } from './grant.ts';
import type { SignInAudit } from './sign-in-audit.ts';

interface AuthDeps {
  provider: IdentityProvider;
  audit: SignInAudit;
  clientId: string;
  issuer: string;
  signups: 'closed' | 'open';
}

export function createAuthService({ provider, audit, clientId, issuer, signups }: AuthDeps) {
  return {
    /** A sign-in that cannot be put on record is not answered with tokens. */
    async token(call: Call, input: TokenInput): Promise<Tokens> {
      const request = toTokenRequest(input, clientId);
      try {
        const tokens = await provider.token(request);
        await audit.succeeded(call, request, tokens);
        return tokens;
      } catch (error) {
        audit.failed(call, request, error);
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
