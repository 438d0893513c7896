import { AppError, type Call } from '@plinth/contracts';
import { type Database, recordAudit } from '@plinth/database';
import type { CountedAudit } from '@plinth/service';
import { z } from 'zod';
import type { PrincipalService } from '../principal/principal.service.ts';
import type { ProviderTokens, TokenRequest } from '../provider/provider.ts';
import { type KnownAccount, problemOf } from '../service-account/known-account.ts';

// Who signed in, and who tried to. A refresh goes on with a sign-in that is on record already; a refused one is news.

const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  email: z.string().optional(),
  email_verified: z.boolean().default(false),
});

/** What the provider has just told us over our own connection, so its signature is not asked for. */
function identityIn({ access_token }: ProviderTokens) {
  const payload = Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString();
  const { iss, sub, email, email_verified } = claimsSchema.parse(JSON.parse(payload));
  return { issuer: iss, subject: sub, emailVerified: email_verified, ...(email !== undefined && { email }) };
}

/** People type their password into the wrong field: what is not an address is not written down. */
const addressOf = ({ username = '' }: TokenRequest): string | undefined =>
  /^[^\s@]+@[^\s@]+$/.test(username) ? username.toLowerCase() : undefined;

/** The provider's and the database's own trouble is no attempt of anybody's. */
const isRefusal = (error: unknown): error is AppError => error instanceof AppError && error.status < 500;

/** Whose client it is, where it is a service account's. */
interface OfAccount {
  account: KnownAccount | undefined;
}

interface SignInAuditDeps {
  database: Database;
  principals: PrincipalService;
  failures: CountedAudit;
}

export function createSignInAudit({ database, principals, failures }: SignInAuditDeps) {
  async function ofPerson(tokens: ProviderTokens) {
    const identity = identityIn(tokens);
    const { id } = await principals.identify(identity);
    const { email } = identity;
    return { actor: { kind: 'member', id, ...(email !== undefined && { email }) } };
  }

  const ofAccount = ({ id, organizationId }: KnownAccount) => ({
    actor: { kind: 'serviceAccount', id },
    organizationId,
  });

  return {
    async succeeded(
      call: Call,
      request: TokenRequest,
      { tokens, account }: OfAccount & { tokens: ProviderTokens },
    ): Promise<void> {
      if (request.grant_type === 'refresh_token') return;
      await recordAudit(database, call, {
        ...(account ? ofAccount(account) : await ofPerson(tokens)),
        target: { kind: 'client', id: request.client_id },
        changes: { grantType: request.grant_type },
      });
    },

    failed(call: Call, request: TokenRequest, { error, account }: OfAccount & { error: unknown }): void {
      if (!isRefusal(error)) return;
      const reason = account && problemOf(account);
      const { client_id: clientId, grant_type: grantType } = request;
      const email = addressOf(request);
      const actor = { kind: 'anonymous', id: '', ...(email !== undefined && { email }) };
      failures.record(`${call.clientAddress} ${clientId} ${email} ${error.code} ${reason}`, call, {
        actor,
        target: { kind: 'client', id: clientId },
        ...(account && { organizationId: account.organizationId }),
        outcome: 'denied',
        changes: { grantType, code: error.code, ...(reason && { reason }) },
      });
    },
  };
}

export type SignInAudit = ReturnType<typeof createSignInAudit>;
