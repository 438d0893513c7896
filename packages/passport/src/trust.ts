import type { KeyObject } from 'node:crypto';
import type { Log, ServiceName } from '@plinth/contracts';
import { type JWTPayload, jwtVerify } from 'jose';
import { parsePublicKeys, type ServiceKey } from './key-set.ts';
import { watchFile } from './watched-file.ts';

export interface Trust {
  /** The public key under this `kid` and the service that owns it. */
  find(kid: string): { service: ServiceName; key: KeyObject } | undefined;
}

/** Clocks of two machines differ a little, and a token can age on its way. */
const CLOCK_TOLERANCE_SECONDS = 5;

export function createTrust(options: { trustedKeysFile: string; log?: Log }): Trust {
  const { trustedKeysFile, log } = options;

  function byKid(text: string): Map<string, ServiceKey> {
    const keys = parsePublicKeys(text);
    if (keys.length === 0) throw new Error(`${trustedKeysFile} holds no key`);
    return new Map(keys.map((key) => [key.kid, key]));
  }

  const file = watchFile(trustedKeysFile, byKid, log);
  return { find: (kid) => file.current().get(kid) ?? file.refreshed().get(kid) };
}

export interface VerifiedClaims {
  issuer: ServiceName;
  expiresAt: number;
  claims: JWTPayload;
}

/** What passports and service tokens have in common: EdDSA, a trusted key whose owner is the issuer, typ, aud, exp. */
export async function verifySigned(
  trust: Trust,
  token: string,
  expected: { typ: string; audience: ServiceName },
): Promise<VerifiedClaims> {
  let owner: ServiceName | undefined;
  const { payload } = await jwtVerify(
    token,
    ({ kid }) => {
      const found = kid === undefined ? undefined : trust.find(kid);
      if (!found) throw new Error('the token is signed with a key that is not trusted');
      owner = found.service;
      return found.key;
    },
    {
      algorithms: ['EdDSA'],
      typ: expected.typ,
      audience: expected.audience,
      requiredClaims: ['iss', 'iat', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    },
  );
  if (!owner || payload.iss !== owner) throw new Error('the issuer does not own the key');
  return { issuer: owner, expiresAt: payload.exp ?? 0, claims: payload };
}
