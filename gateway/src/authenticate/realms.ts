import { AppError, type Log } from '@plinth/contracts';
import { createRecent } from '../recent.ts';
import { createKeySet, type KeySet } from './key-set.ts';

// The issuers beside the platform's own: the realms of tenants, each an exact text that identity has in its table. Their
// keys are kept as long as they are used; whether a realm's tokens open anything today is identity's to say, at the exchange.

export interface Realm {
  id: string;
  keySet: KeySet;
}

export interface Realms {
  of(issuer: string): Promise<Realm | undefined>;
  close(): void;
}

export interface FoundRealm {
  id: string;
  /** Where its keys are; of several replicas, of each. */
  jwksUrls: readonly string[];
}

/** Rejects when nobody can tell. */
export type FindRealm = (issuer: string) => Promise<FoundRealm | undefined>;

/** Realms are beside the platform's own, at the same provider. */
export const jwksUrlsOf = (realmId: string, own: readonly string[]): string[] =>
  own.map((url) => url.replace(/\/realms\/[^/]+\//, `/realms/${realmId}/`));

interface RealmsOptions {
  find: FindRealm;
  log?: Log | undefined;
  now: () => number;
}

const MAX_KNOWN = 1_000;
const UNUSED_AFTER_MS = 600_000;
const MAX_ABSENT = 10_000;
const ABSENT_FOR_MS = 10_000;

export function createRealms({ find, log, now }: RealmsOptions): Realms {
  const known = new Map<string, { realm: Realm; usedAt: number }>();
  const absentUntil = createRecent<number>(MAX_ABSENT);
  const underWay = new Map<string, Promise<Realm | undefined>>();
  let isClosed = false;

  /** The longest unused goes, and every one that was not used for long. */
  function makeRoom(): void {
    const byUse = [...known].toSorted(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [issuer, { realm, usedAt }] of byUse) {
      if (known.size < MAX_KNOWN && usedAt > now() - UNUSED_AFTER_MS) return;
      realm.keySet.close();
      known.delete(issuer);
    }
  }

  async function ask(issuer: string): Promise<Realm | undefined> {
    const found = await find(issuer).catch((cause: unknown) => {
      throw new AppError('AUTH_UNAVAILABLE', { cause });
    });
    if (!found) {
      absentUntil.set(issuer, now() + ABSENT_FOR_MS);
      return undefined;
    }
    makeRoom();
    const realm = { id: found.id, keySet: createKeySet({ urls: found.jwksUrls, log, now }) };
    if (isClosed) realm.keySet.close();
    known.set(issuer, { realm, usedAt: now() });
    return realm;
  }

  return {
    async of(issuer) {
      const entry = known.get(issuer);
      if (entry) {
        entry.usedAt = now();
        return entry.realm;
      }
      if ((absentUntil.get(issuer) ?? 0) > now()) return undefined;
      const asked = underWay.get(issuer) ?? ask(issuer).finally(() => underWay.delete(issuer));
      underWay.set(issuer, asked);
      return asked;
    },
    close() {
      isClosed = true;
      for (const { realm } of known.values()) realm.keySet.close();
    },
  };
}
