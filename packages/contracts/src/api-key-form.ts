import { crc32 } from 'node:zlib';

// How an API key is written: `bpk_live_` + id + `_` + secret + checksum. The id is public; the checksum lets anybody tell a
// mistyped key from a real one without asking, and secret scanners find keys by the form. Only underscores, so that a
// double click selects it whole.

/** `k`: a member's own. `s`: a service account's. */
export const API_KEY_OWNERS = { member: 'k', serviceAccount: 's' } as const;
export type ApiKeyOwner = keyof typeof API_KEY_OWNERS;

/** `test`: made by an installation that is for trying and developing. */
export const API_KEY_STAGES = ['live', 'test'] as const;
export type ApiKeyStage = (typeof API_KEY_STAGES)[number];

const ID_LENGTH = 12;
/** 256 bits. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

/** For secret scanners. */
export const API_KEY_PATTERN = /\bbp[ks]_(?:live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b/;

/** Also what is cut short or runs on, and wherever it stands. */
const IN_TEXT = /(bp[ks]_(?:live|test)_[0-9A-Za-z]{12}_)[0-9A-Za-z]{20,}/g;

/** A text that may be written down: of a key, only what is public. */
export const withoutApiKeys = (text: string): string => text.replace(IN_TEXT, '$1…');

const FORM = /^bp([ks])_(live|test)_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const OWNERS: Readonly<Record<string, ApiKeyOwner>> = { k: 'member', s: 'serviceAccount' };

export interface ApiKeyText {
  owner: ApiKeyOwner;
  stage: ApiKeyStage;
  /** The public id of this secret; a key that is rotated has several. */
  id: string;
  secret: string;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = BASE62.charAt(Number(rest % 62n)) + text;
  return text;
}

const checksumOf = (text: string): string => base62(BigInt(crc32(text)), CHECKSUM_LENGTH);

const textOf = ({ owner, stage, id, secret }: ApiKeyText): string =>
  `bp${API_KEY_OWNERS[owner]}_${stage}_${id}_${secret}`;

export function writeApiKey(parts: ApiKeyText): string {
  const text = textOf(parts);
  return text + checksumOf(text);
}

/** Undefined for what is no key of ours, by its form or its checksum. */
export function readApiKey(text: string): ApiKeyText | undefined {
  const [, letter = '', stage, id, secret, checksum] = FORM.exec(text) ?? [];
  const owner = OWNERS[letter];
  if (owner === undefined || id === undefined || secret === undefined) return undefined;
  const parts: ApiKeyText = { owner, stage: stage === 'test' ? 'test' : 'live', id, secret };
  return checksum === checksumOf(textOf(parts)) ? parts : undefined;
}

/** Whether it is meant to be an API key, well formed or not. */
export const looksLikeApiKey = (text: string): boolean => /^bp[a-z]_/.test(text);

/** As many random bytes as the text can tell apart. */
export function newApiKeyParts(random: (bytes: number) => Buffer): Pick<ApiKeyText, 'id' | 'secret'> {
  const text = (bytes: number, length: number) =>
    base62(BigInt(`0x${random(bytes).toString('hex')}`), length);
  return { id: text(8, ID_LENGTH), secret: text(32, SECRET_LENGTH) };
}

/** What lists and logs show of it. */
export const displayOfApiKey = ({ owner, stage, id }: Omit<ApiKeyText, 'secret'>): string =>
  `bp${API_KEY_OWNERS[owner]}_${stage}_${id}_…`;
