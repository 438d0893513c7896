import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { SERVICES, type ServiceName } from '@plinth/contracts';
import { z } from 'zod';

// The form of the key files: a JWKS of Ed25519 keys, each with a `kid` of `<service>.<n>`. The name says who owns a
// key and the number which is the newest; whoever may write the trusted file may say both.

export const publicJwkSchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string(),
  x: z.string(),
});
export const privateJwkSchema = publicJwkSchema.extend({ d: z.string() });

export type PublicJwk = z.infer<typeof publicJwkSchema>;
export type PrivateJwk = z.infer<typeof privateJwkSchema>;

export interface ServiceKey {
  kid: string;
  service: ServiceName;
  generation: number;
  key: KeyObject;
}

export function ownerOf(kid: string): { service: ServiceName; generation: number } | undefined {
  const [, name, generation] = /^([a-z-]+)\.([1-9]\d{0,8})$/.exec(kid) ?? [];
  const service = SERVICES.find((known) => known === name);
  return service && { service, generation: Number(generation) };
}

export const parsePublicKeys = (text: string): ServiceKey[] =>
  parseKeys(text, publicJwkSchema, (jwk) => createPublicKey({ key: jwk, format: 'jwk' }));

export const parsePrivateKeys = (text: string): ServiceKey[] =>
  parseKeys(text, privateJwkSchema, (jwk) => createPrivateKey({ key: jwk, format: 'jwk' }));

function parseKeys<Jwk extends PublicJwk>(
  text: string,
  schema: z.ZodType<Jwk>,
  importKey: (jwk: Jwk) => KeyObject,
): ServiceKey[] {
  const { keys } = z.object({ keys: z.array(schema) }).parse(JSON.parse(text));
  // A key of a service that this build does not know yet is passed over: a newer release may share the file.
  return keys.flatMap((jwk) => {
    const owner = ownerOf(jwk.kid);
    return owner ? [{ kid: jwk.kid, ...owner, key: importKey(jwk) }] : [];
  });
}
