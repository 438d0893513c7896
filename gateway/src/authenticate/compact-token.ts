import { z } from 'zod';
import { isAlgorithm, type SignatureAlgorithm } from './signing-key.ts';
import { parseStrictJson } from './strict-json.ts';
import { tokenInvalid } from './token-errors.ts';

const MAX_LENGTH = 16 * 1024;
const TYPES = new Set(['jwt', 'at+jwt']);

// Anything else a header may hold (jku, x5u, x5c, jwk) names a key of the sender's choice and is not read.
const headerSchema = z.object({
  alg: z.string(),
  kid: z.string().min(1).max(128),
  typ: z.string().optional(),
  crit: z.never().optional(),
});

export interface CompactToken {
  algorithm: SignatureAlgorithm;
  kid: string;
  claims: unknown;
}

function decodePart(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (part === '' || bytes.toString('base64url') !== part)
    throw tokenInvalid('a part is not strict base64url');
  return bytes;
}

function parsePart(part: string): unknown {
  const bytes = decodePart(part);
  try {
    return parseStrictJson(bytes);
  } catch (error) {
    throw tokenInvalid('a part is not strict JSON', error);
  }
}

/** Takes a token apart and judges its form. Nothing in it is to be believed yet. */
export function parseCompactToken(raw: string): CompactToken {
  if (raw.length > MAX_LENGTH) throw tokenInvalid('the token is too long');
  const [first, second, third, ...more] = raw.split('.');
  if (!first || !second || !third || more.length > 0) throw tokenInvalid('the token has not three parts');
  decodePart(third);

  const header = headerSchema.safeParse(parsePart(first));
  if (!header.success) throw tokenInvalid('the header is malformed', header.error);
  const { alg, kid, typ } = header.data;
  if (!isAlgorithm(alg)) throw tokenInvalid('the algorithm is not allowed');
  if (typ !== undefined && !TYPES.has(typ.toLowerCase())) throw tokenInvalid('the header names another type');
  return { algorithm: alg, kid, claims: parsePart(second) };
}
