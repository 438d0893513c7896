import type { KeyObject } from 'node:crypto';
import type { Log, ServiceName } from '@plinth/contracts';
import { type JWTPayload, SignJWT } from 'jose';
import { parsePrivateKeys } from './key-set.ts';
import { watchFile } from './watched-file.ts';

export interface Signer {
  readonly service: ServiceName;
  /** Signs as this service, from now until `expiresAt` (seconds since the epoch). */
  sign(typ: string, claims: JWTPayload, expiresAt: number): Promise<string>;
}

export const nowInSeconds = (): number => Math.floor(Date.now() / 1_000);

/** Signs with the newest of the service's private keys, as the file has them now. */
export function createSigner(options: { service: ServiceName; keysFile: string; log?: Log }): Signer {
  const { service, keysFile, log } = options;

  function newestOwn(text: string): { kid: string; key: KeyObject } {
    const own = parsePrivateKeys(text).filter((key) => key.service === service);
    const [newest] = own.sort((a, b) => b.generation - a.generation);
    if (!newest) throw new Error(`${keysFile} holds no key of ${service}`);
    return newest;
  }

  const file = watchFile(keysFile, newestOwn, log);
  return {
    service,
    sign(typ, claims, expiresAt) {
      const { kid, key } = file.current();
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA', typ, kid })
        .setIssuer(service)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(key);
    },
  };
}
