import { AppError, type VerifiedToken } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import { principalRepo } from './principal.repo.ts';

// Which person a token speaks for, under an id of our own: a provider's subject means nothing outside its issuer.

export type Identity = Pick<VerifiedToken, 'issuer' | 'subject' | 'email' | 'emailVerified'>;

export interface Principal {
  id: string;
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
      // A person has an address; a program that is no service account has none, and is nobody.
      if (!known && email === undefined) throw new AppError('TOKEN_INVALID');
      const { id } = isFresh ? known : await principals.save(identity);
      return { id };
    },
  };
}

export type PrincipalService = ReturnType<typeof createPrincipalService>;
