import { AppError, type Call } from '@plinth/contracts';
import type { ClaimedMutate, Database } from '@plinth/database';
import { principalRepo } from '../principal/principal.repo.ts';
import type { IdentityProvider } from '../provider/provider.ts';
import type { SignedOut } from './me.schema.ts';

// Signing out everywhere, as after a laptop was lost: at the provider no refresh token works any more, and the tokens that
// are out are revoked. Keys are for programs, and go on.

interface SignOutDeps {
  database: Database;
  provider: Pick<IdentityProvider, 'signOut'>;
  mutate: ClaimedMutate;
}

export function createSignOut({ database, provider, mutate }: SignOutDeps) {
  return async function signOut(call: Call): Promise<SignedOut> {
    const { kind, id } = call.caller;
    if (kind !== 'member') {
      throw new AppError('BUSINESS_RULE_VIOLATED', {
        message: 'Only a person who has signed in can sign out; what ends a key is to delete it',
        details: { principal: kind },
      });
    }
    return mutate(call, {
      async act() {
        const subject = await principalRepo(database).subjectOf(id);
        if (subject !== undefined) await provider.signOut(subject);
      },
      complete: async () => ({
        result: { principalId: id, signedOutAt: new Date().toISOString() },
        audit: { target: { kind: 'member', id } },
        revokes: [`principal:${id}`],
      }),
    });
  };
}

export type SignOut = ReturnType<typeof createSignOut>;
