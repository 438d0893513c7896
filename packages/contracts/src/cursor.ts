import { createHash } from 'node:crypto';
import { AppError, summaryOf } from './errors.ts';
import { openText, SEAL_BYTES, sealText } from './sealed-text.ts';

// A cursor says where a page ended, to us alone: it is encrypted (a sort key may be private) and bound to the query
// that made it (operation, owner, filters), so that it carries no authority and opens no other list.

const VERSION = 1;
const MAX_AGE_MS = 72 * 3_600_000;

export type CursorKey = readonly string[];

export interface CursorCodec {
  encode(query: unknown, last: CursorKey): string;
  decode(query: unknown, cursor: string): CursorKey;
}

const digest = (query: unknown): string =>
  createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 22);

/** `keys`: 32 bytes each, the newest first; older ones still open what they sealed. */
export function createCursorCodec(keys: readonly Buffer[], now: () => number = Date.now): CursorCodec {
  const newest = keys[0];
  if (!newest) throw new Error('a cursor codec needs a key');

  function open(sealed: Buffer): { q: string; k: string[]; t: number } | undefined {
    const text = openText(keys, sealed.subarray(1));
    return text === undefined ? undefined : JSON.parse(text);
  }

  return {
    encode(query, last) {
      const plain = JSON.stringify({ q: digest(query), k: last, t: now() });
      return Buffer.concat([Buffer.of(VERSION), sealText(newest, plain)]).toString('base64url');
    },
    decode(query, cursor) {
      const sealed = Buffer.from(cursor, 'base64url');
      const wellFormed = sealed.length > 1 + SEAL_BYTES && sealed[0] === VERSION;
      const opened = wellFormed && sealed.toString('base64url') === cursor ? open(sealed) : undefined;
      if (!opened) {
        const field = { path: 'cursor', code: 'invalid', message: summaryOf('CURSOR_INVALID') };
        throw new AppError('CURSOR_INVALID', { details: { fields: [field] } });
      }
      if (opened.q !== digest(query)) throw new AppError('CURSOR_MISMATCH');
      if (now() - opened.t > MAX_AGE_MS) throw new AppError('CURSOR_EXPIRED');
      return opened.k;
    },
  };
}
