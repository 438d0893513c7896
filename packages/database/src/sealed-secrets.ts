import { hkdfSync } from 'node:crypto';
import { openText, Secret, sealText } from '@plinth/contracts';
import type { RequestKey } from './request-key.ts';

// The secrets of an answer, kept for a while so that an answer lost on its way can be had again. They are encrypted under
// a key that is derived from the master key and the caller's idempotency key: the database and the master key do not open them.

const KEY_BYTES = 32;

export const SECRETS_OPEN_MS = 10 * 60_000;

export type Secrets = Readonly<Record<string, string>>;

/** A result without its secrets, and those beside it. They are the result's own fields: deeper ones cannot be written down. */
export function takeSecrets(result: unknown): { open: unknown; secrets: Secrets | undefined } {
  if (result === null || typeof result !== 'object' || Array.isArray(result)) {
    return { open: result, secrets: undefined };
  }
  const fields: [name: string, value: unknown][] = Object.entries(result);
  const secrets = fields.flatMap(([name, value]) =>
    value instanceof Secret ? [[name, value.reveal()] as const] : [],
  );
  if (secrets.length === 0) return { open: result, secrets: undefined };
  const open = fields.map(([name, value]) => [name, value instanceof Secret ? null : value]);
  return { open: Object.fromEntries(open), secrets: Object.fromEntries(secrets) };
}

function sealingKey(master: Buffer, { principal, operation, raw }: RequestKey): Buffer {
  const material = Buffer.concat([master, Buffer.from(raw)]);
  const info = JSON.stringify(['idempotency secrets', principal, operation]);
  return Buffer.from(hkdfSync('sha256', material, 'plinth', info, KEY_BYTES));
}

export const seal = (secrets: Secrets, key: RequestKey, master: Buffer): Buffer =>
  sealText(sealingKey(master, key), JSON.stringify(secrets));

/** Nothing when no version of the master key opens it any more. */
export function unseal(sealed: Buffer, key: RequestKey, masters: readonly Buffer[]): Secrets | undefined {
  const keys = masters.map((master) => sealingKey(master, key));
  const text = openText(keys, sealed);
  return text === undefined ? undefined : JSON.parse(text);
}
