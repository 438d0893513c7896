import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName } from '@plinth/contracts';
import { z } from 'zod';
import { ownerOf, type PrivateJwk, type PublicJwk, privateJwkSchema, publicJwkSchema } from './key-set.ts';

/** The old and the new key of a service are trusted together while replicas pick the new one up. */
const TRUSTED_GENERATIONS = 2;

export interface ServiceKeyFiles {
  /** Public keys of all services. */
  trustedKeysFile: string;
  /** The private keys of one service. */
  keysFileOf(service: ServiceName): string;
}

export function serviceKeyFiles(directory: string): ServiceKeyFiles {
  return {
    trustedKeysFile: join(directory, 'trusted.jwks.json'),
    keysFileOf: (service) => join(directory, `${service}.private.jwks.json`),
  };
}

/** Makes the keys that are missing and keeps those that are there. */
export async function writeServiceKeys(options: {
  directory: string;
  services: readonly ServiceName[];
}): Promise<ServiceKeyFiles> {
  const files = serviceKeyFiles(options.directory);
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  for (const service of options.services) {
    const file = files.keysFileOf(service);
    const existing = await readKeys(file, privateJwkSchema);
    const keys = existing.length > 0 ? existing : [makeKey(service, 1)];
    await trust(files.trustedKeysFile, service, keys);
    if (existing.length === 0) await writeKeys(file, keys, 0o600);
  }
  return files;
}

/** Gives a service a new key. The one before stays trusted, so nothing signed with it is refused. */
export async function rotateServiceKey(options: {
  directory: string;
  service: ServiceName;
}): Promise<{ kid: string }> {
  const { service } = options;
  const files = serviceKeyFiles(options.directory);
  const keys = await readKeys(files.keysFileOf(service), privateJwkSchema);
  const newest = Math.max(0, ...keys.map(({ kid }) => ownerOf(kid)?.generation ?? 0));
  const key = makeKey(service, newest + 1);
  // Trusted first: a token signed with the new key must never meet a verifier that cannot find it.
  await trust(files.trustedKeysFile, service, [...keys, key]);
  await writeKeys(files.keysFileOf(service), [key], 0o600);
  return { kid: key.kid };
}

function makeKey(service: ServiceName, generation: number): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateJwkSchema.parse({ ...privateKey.export({ format: 'jwk' }), kid: `${service}.${generation}` });
}

async function trust(file: string, service: ServiceName, keys: readonly PrivateJwk[]): Promise<void> {
  const trusted = await readKeys(file, publicJwkSchema);
  const own = new Map(
    trusted.filter(({ kid }) => ownerOf(kid)?.service === service).map((jwk) => [jwk.kid, jwk]),
  );
  for (const key of keys) own.set(key.kid, publicJwkSchema.parse(key));
  const generation = ({ kid }: PublicJwk): number => ownerOf(kid)?.generation ?? 0;
  const kept = [...own.values()].sort((a, b) => generation(b) - generation(a)).slice(0, TRUSTED_GENERATIONS);
  const others = trusted.filter(({ kid }) => ownerOf(kid)?.service !== service);
  await writeKeys(file, [...others, ...kept], 0o644);
}

async function readKeys<Jwk>(file: string, schema: z.ZodType<Jwk>): Promise<Jwk[]> {
  try {
    return z.object({ keys: z.array(schema) }).parse(JSON.parse(await readFile(file, 'utf8'))).keys;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new Error(`${file} is not a usable key file`, { cause });
  }
}

/** By rename, so that nobody reads half a file. */
async function writeKeys(file: string, keys: readonly PublicJwk[], mode: number): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify({ keys }, null, 2)}\n`, { mode });
  await rename(draft, file);
}
