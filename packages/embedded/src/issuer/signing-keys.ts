import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { IssuerDatabase } from './database.ts';

// The keys that sign tokens: the newest signs, the one before it still verifies. They are kept encrypted in Postgres,
// so tokens outlive a restart, and replicas that start together agree, because a generation can be inserted only once.

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEPT = 2;

/** The keys of one realm, encrypted under this secret. */
export interface KeyStore {
  database: IssuerDatabase;
  realm: string;
  secret: Buffer;
}

export interface SigningKey {
  kid: string;
  privateJwk: JsonWebKey;
  publicKey: KeyObject;
}

function seal(plain: string, kid: string, secret: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(Buffer.from(kid));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed: Buffer, kid: string, secret: Buffer): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(kid))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    const body = sealed.subarray(IV_BYTES, -TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString();
  } catch (cause) {
    throw new Error('The signing keys of the issuer were encrypted under another master key', { cause });
  }
}

async function insertKey({ database, realm, secret }: KeyStore, generation: number): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  const thumbprint = JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n });
  const kid = createHash('sha256').update(thumbprint).digest('base64url');
  await database.query(
    `INSERT INTO issuer_key (realm, generation, kid, sealed_key) VALUES ($1, $2, $3, $4)
     ON CONFLICT (realm, generation) DO NOTHING`,
    [realm, generation, kid, seal(JSON.stringify(jwk), kid, secret)],
  );
}

interface KeyRow extends Record<string, unknown> {
  generation: number;
  kid: string;
  sealed: Buffer;
}

async function readRows({ database, realm }: KeyStore): Promise<KeyRow[]> {
  return database.query<KeyRow>(
    `SELECT generation, kid, sealed_key AS sealed FROM issuer_key
     WHERE realm = $1 ORDER BY generation DESC LIMIT ${KEPT}`,
    [realm],
  );
}

/** The newest first; the first one ever is made here. */
export async function loadSigningKeys(store: KeyStore): Promise<SigningKey[]> {
  let rows = await readRows(store);
  if (rows.length === 0) {
    await insertKey(store, 1);
    rows = await readRows(store);
  }
  return rows.map(({ kid, sealed }) => {
    const jwk: JsonWebKey = JSON.parse(open(sealed, kid, store.secret));
    const publicKey = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' }));
    return { kid, privateJwk: { ...jwk, kid, use: 'sig', alg: 'RS256' }, publicKey };
  });
}

/** Makes a new key and forgets all but the one before it. Processes sign with it from their next start. */
export async function rotateSigningKey(store: KeyStore): Promise<void> {
  const newest = (await readRows(store))[0]?.generation ?? 0;
  await insertKey(store, newest + 1);
  await store.database.query('DELETE FROM issuer_key WHERE realm = $1 AND generation <= $2', [
    store.realm,
    newest + 1 - KEPT,
  ]);
}
