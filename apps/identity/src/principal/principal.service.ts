import type { VerifiedToken } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import { principalRepo } from './principal.repo.ts';

// Whom a token speaks for, under an id of our own: a provider's subject means nothing outside its issuer.

export type Identity = Pick<VerifiedToken, 'issuer' | 'subject' | 'email' | 'emailVerified'>;

export interface Principal {
  id: string;
  /** Fixed at the first sight, for the id tells it. */
  kind: 'member' | 'serviceAccount';
}

export function createPrincipalService({ database }: { database: Database }) {
  const principals = principalRepo(database);

  return {
    /** Finds or makes the principal. Writes only when there is something new: this is on the way of every passport. */
    async identify(identity: Identity): Promise<Principal> {
      const { email, emailVerified } = identity;
      const known = await principals.find(identity);
      const isFresh =
        known?.seenLately === true &&
        (email === undefined || known.email === email) &&
        known.emailVerified === emailVerified;
      const { id, kind } = isFresh
        ? known
        : // A service account signs in with its client's credentials and has no address.
          await principals.save(email === undefined ? 'serviceAccount' : 'member', identity);
      return { id, kind };
    },
  };
}

export type PrincipalService = ReturnType<typeof createPrincipalService>;
