import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

// Text that only we can read, and that nobody can change unnoticed.

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** How much longer the sealed form is. */
export const SEAL_BYTES = IV_BYTES + TAG_BYTES;

export function sealText(key: Buffer, text: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([iv, body, cipher.getAuthTag()]);
}

/** Nothing when none of the keys sealed it. */
export function openText(keys: readonly Buffer[], sealed: Buffer): string | undefined {
  for (const key of keys) {
    try {
      const opening = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES));
      opening.setAuthTag(sealed.subarray(-TAG_BYTES));
      const body = opening.update(sealed.subarray(IV_BYTES, -TAG_BYTES));
      return Buffer.concat([body, opening.final()]).toString();
    } catch {
      // Sealed under another key, or not by us at all: the next key decides.
    }
  }
  return undefined;
}
