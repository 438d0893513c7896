import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { MasterKey } from '@plinth/passport';

// What is kept of a secret: a keyed hash of its digest. The key (the pepper) is no part of the database, so a copy of the
// database opens nothing, not even to guesses. A secret has 256 random bits: a slow hash would make nothing safer.

export interface PepperedHash {
  hash: Buffer;
  pepperVersion: number;
}

export interface Pepper {
  /** `digest`: SHA-256 of the secret, in base64url. */
  hash(digest: string): PepperedHash;
  /** Takes the same time for nothing as for something. */
  matches(digest: string, stored: PepperedHash | undefined): boolean;
  /** Whether it was made with an older version than the newest. */
  isOld(stored: PepperedHash): boolean;
}

const PURPOSE = 'api-key-pepper';

export function createPepper(masterKey: MasterKey): Pepper {
  const [newest = 0] = masterKey.versions;
  const peppers = new Map(
    masterKey.derive(PURPOSE).map((pepper, place) => [masterKey.versions[place] ?? 0, pepper]),
  );
  /** Stand in for a secret, and for a version, that is not known: nothing matches them. */
  const nobodys = randomBytes(32);
  const unknown = randomBytes(32);

  function hashWith(version: number, digest: string): Buffer {
    const pepper = peppers.get(version) ?? unknown;
    return createHmac('sha256', pepper).update(Buffer.from(digest, 'base64url')).digest();
  }

  return {
    hash: (digest) => ({ hash: hashWith(newest, digest), pepperVersion: newest }),
    matches(digest, stored = { hash: nobodys, pepperVersion: newest }) {
      return timingSafeEqual(hashWith(stored.pepperVersion, digest), stored.hash);
    },
    isOld: ({ pepperVersion }) => pepperVersion !== newest,
  };
}
