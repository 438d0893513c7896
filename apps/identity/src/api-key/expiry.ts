import { type FieldError, validationError } from '@plinth/contracts';

// When a key ends: after a time that has a name, or at an instant. Never is said as such, so that nobody forgets it.

export const EXPIRY_PRESETS = ['7d', '30d', '1y', 'never'] as const;
const DAYS = { '7d': 7, '30d': 30, '1y': 365 } as const;
const DAY_MS = 24 * 3_600_000;
/** What lies further ahead was mistyped, or meant to be never. */
const LONGEST_DAYS = 5 * 365;

export interface Expiry {
  expiresIn?: (typeof EXPIRY_PRESETS)[number] | undefined;
  expiresAt?: string | undefined;
}

const refused = (path: string, code: string, message: string) =>
  validationError([{ path, code, message } satisfies FieldError]);

/** Null: never. Undefined: nothing is said of it. */
export function expiryOf({ expiresIn, expiresAt }: Expiry, now: number): string | null | undefined {
  if (expiresIn !== undefined && expiresAt !== undefined)
    throw refused('expiresAt', 'conflict', 'cannot be given together with expiresIn');
  if (expiresIn === 'never') return null;
  if (expiresIn !== undefined) return new Date(now + DAYS[expiresIn] * DAY_MS).toISOString();
  if (expiresAt === undefined) return undefined;
  const at = Date.parse(expiresAt);
  if (at <= now) throw refused('expiresAt', 'too_early', 'must be in the future');
  if (at > now + LONGEST_DAYS * DAY_MS)
    throw refused('expiresAt', 'too_late', 'must be within five years; for longer, give expiresIn "never"');
  return new Date(at).toISOString();
}

export function requiredExpiryOf(expiry: Expiry, now: number): string | null {
  const at = expiryOf(expiry, now);
  if (at === undefined) throw refused('expiresIn', 'required', 'is required, or expiresAt in its place');
  return at;
}

export function checkNotBefore(notBefore: string | null, expiresAt: string | null): void {
  if (notBefore === null || expiresAt === null || Date.parse(notBefore) < Date.parse(expiresAt)) return;
  throw refused('notBefore', 'too_late', 'must be before the key expires');
}
