import { AppError, openText } from '@plinth/contracts';
import type { RealmAdmin, RealmRef } from '../provider/realm-admin.ts';
import type { RealmRow } from './realm.repo.ts';

// Where a realm is, by its row: there can be several installations of a provider, and a realm stays where it was made.

/** One place where realms are kept. */
export interface Installation {
  admin: RealmAdmin;
  /** The issuer of a realm there is this and the realm's name. */
  issuerBase: string;
}

/** By the name that stands in the rows of realms. */
export type Installations = ReadonlyMap<string, Installation>;

export function createWhereabouts(installations: Installations, sealKeys: readonly Buffer[]) {
  function installationOf({ id, placement }: RealmRow): Installation {
    const found = installations.get(placement);
    if (found) return found;
    throw new AppError('AUTH_UNAVAILABLE', {
      cause: new Error(`the realm ${id} is kept by ${placement}, which these settings do not have`),
    });
  }

  return {
    installationOf,
    at(row: RealmRow): { admin: RealmAdmin; ref: RealmRef } {
      const secret = openText(sealKeys, row.sealedSecret);
      if (secret === undefined)
        throw new Error(`the secret of the realm ${row.id} is under another master key`);
      return { admin: installationOf(row).admin, ref: { name: row.id, secret } };
    },
  };
}

export type Whereabouts = ReturnType<typeof createWhereabouts>;
