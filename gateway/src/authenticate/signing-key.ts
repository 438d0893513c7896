import { constants, createPublicKey, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto';
import { z } from 'zod';

// An issuer's key, imported once per key set, with the parameters that each algorithm it may serve needs.

const ALGORITHMS = {
  RS256: (key: KeyObject): VerifyKeyObjectInput => ({ key }),
  PS256: (key: KeyObject): VerifyKeyObjectInput => ({
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  }),
  ES256: (key: KeyObject): VerifyKeyObjectInput => ({ key, dsaEncoding: 'ieee-p1363' }),
} as const;

export type SignatureAlgorithm = keyof typeof ALGORITHMS;
export type SigningKey = ReadonlyMap<SignatureAlgorithm, VerifyKeyObjectInput>;

export const isAlgorithm = (name: string): name is SignatureAlgorithm => Object.hasOwn(ALGORITHMS, name);

const MIN_RSA_BITS = 2_048;

const jwkSchema = z.looseObject({
  kty: z.string(),
  kid: z.string().min(1).max(128),
  use: z.literal('sig').optional(),
  alg: z.string().optional(),
});

const keySetSchema = z.object({ keys: z.array(z.unknown()) });

function algorithmsOf(key: KeyObject): SignatureAlgorithm[] {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= MIN_RSA_BITS ? ['RS256', 'PS256'] : [];
  return namedCurve === 'prime256v1' ? ['ES256'] : [];
}

function importKey(jwk: z.output<typeof jwkSchema>): SigningKey {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const algorithms = algorithmsOf(key).filter((name) => jwk.alg === undefined || jwk.alg === name);
  return new Map(algorithms.map((name) => [name, ALGORITHMS[name](key)]));
}

/** The usable keys of a JWKS document by `kid`. Keys for encryption, of other types or too weak are left out. */
export function importKeySet(document: unknown): Map<string, SigningKey> {
  const usable = new Map<string, SigningKey>();
  for (const candidate of keySetSchema.parse(document).keys) {
    const jwk = jwkSchema.safeParse(candidate);
    if (!jwk.success || usable.has(jwk.data.kid)) continue;
    try {
      const key = importKey(jwk.data);
      if (key.size > 0) usable.set(jwk.data.kid, key);
    } catch {
      // A key that this Node cannot import verifies nothing; the others still do.
    }
  }
  return usable;
}
