import { randomBytes } from 'node:crypto';
import { z } from 'zod';

// A ULID after a prefix that names the kind: sorts by time of birth, and says what it is in any log.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

export const ID_PREFIXES = {
  organization: 'org',
  tenant: 'tnt',
  workspace: 'wks',
  user: 'usr',
  apiKey: 'key',
  serviceAccount: 'sva',
  member: 'mbr',
  realm: 'rlm',
  event: 'evt',
  credential: 'crd',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
export const ID_KINDS = Object.keys(ID_PREFIXES) as IdKind[];

export function newUlid(now: number = Date.now()): string {
  let time = '';
  for (let rest = now, i = 0; i < TIME_LENGTH; i++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of randomBytes(RANDOM_LENGTH)) random += ALPHABET.charAt(byte & 31);
  return time + random;
}

export function newId(kind: IdKind, now: number = Date.now()): string {
  return `${ID_PREFIXES[kind]}_${newUlid(now)}`;
}

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** Whether it is an id of that kind, exactly as `newId` writes it. */
export function isIdOf(kind: IdKind, text: string): boolean {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return text.startsWith(prefix) && ULID.test(text.slice(prefix.length));
}

/** The schema of an id as callers send it: any well-formed spelling passes, so that a stranger's id is a 404 and not a 400. */
export function idSchema(kind: IdKind) {
  const prefix = ID_PREFIXES[kind];
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9A-Za-z]{1,40}$`), `must be an id that begins with ${prefix}_`)
    .meta({ example: `${prefix}_01HV3C8F3K7Q2M5N9R4T6W8Y0Z` });
}
