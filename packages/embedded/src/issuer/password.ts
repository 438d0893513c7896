import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

// scrypt at one fixed cost: 32 MiB and some 70 ms of one core, so that guessing is dear and a sign-in is not.

const COST: ScryptOptions = { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 };
const LABEL = 'scrypt-15-8-1';
const HASH_BYTES = 32;

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, COST, (error, hash) =>
      error ? reject(error) : resolve(hash),
    );
  });
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt);
  return [LABEL, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

const NOBODY = Buffer.alloc(HASH_BYTES);

/** The same work with and without a stored hash, so that time does not tell whether the user exists. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [label, salt = '', hash = ''] = stored?.split('$') ?? [];
  const expected = label === LABEL ? Buffer.from(hash, 'base64url') : NOBODY;
  const actual = await derive(password, Buffer.from(salt, 'base64url'));
  return timingSafeEqual(actual, expected) && label === LABEL;
}
