import { hash } from 'node:crypto';
import { readApiKey, type ShownKey } from '@plinth/contracts';
import { tokenInvalid } from './token-errors.ts';

/** What identity is told of a key. A mistyped or made-up one is refused here, and costs nobody else anything. */
export function shownKeyOf(text: string): ShownKey {
  const parts = readApiKey(text);
  if (!parts) throw tokenInvalid('no key has this form, or its checksum is wrong');
  const { id, owner, stage, secret } = parts;
  return { id, owner, stage, digest: hash('sha256', secret, 'base64url') };
}
