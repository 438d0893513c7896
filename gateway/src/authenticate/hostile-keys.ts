import { randomBytes } from 'node:crypto';
import { type ApiKeyText, type ErrorCode, newApiKeyParts, writeApiKey } from '@plinth/contracts';

// API keys that are wrong in one way each, all else being right, and whether identity has to be asked to know it: what no
// installation can have written is refused at the gateway.

export interface HostileKey {
  name: string;
  status: number;
  code: ErrorCode;
  asksIdentity: boolean;
  /** The headers, and the query, of a request that shows it. */
  headers: Record<string, string | string[]>;
  search?: string;
}

/** A good key, and those that identity knows something against. */
export interface IssuedKeys {
  good: ApiKeyText;
  deleted: ApiKeyText;
  expired: ApiKeyText;
  notYetValid: ApiKeyText;
  /** Limited to a network that no request of the suite comes from. */
  elsewhere: ApiKeyText;
}

export const makeKey = (more: Partial<ApiKeyText> = {}): ApiKeyText => ({
  owner: 'member',
  stage: 'live',
  ...newApiKeyParts(randomBytes),
  ...more,
});

const refused = (name: string, key: string, asksIdentity: boolean): HostileKey => ({
  name,
  status: 401,
  code: 'TOKEN_INVALID',
  asksIdentity,
  headers: { authorization: `Bearer ${key}` },
});

const malformed = (name: string, key: string) => refused(name, key, false);
const unknown = (name: string, key: ApiKeyText) => refused(name, writeApiKey(key), true);

const misplaced = (
  name: string,
  [status, code]: [number, ErrorCode],
  headers: HostileKey['headers'],
  search = '',
): HostileKey => ({ name, status, code, asksIdentity: false, headers, search });

const AMBIGUOUS: [number, ErrorCode] = [400, 'AMBIGUOUS_CREDENTIALS'];
const IN_QUERY: [number, ErrorCode] = [400, 'CREDENTIAL_IN_QUERY'];
const NONE: [number, ErrorCode] = [401, 'UNAUTHENTICATED'];

/** `token`: a good one, to be shown beside a key. */
export function hostileKeys({ good, ...issued }: IssuedKeys, token: string): HostileKey[] {
  const key = writeApiKey(good);
  const other = writeApiKey(makeKey());
  const last = key.at(-1) === 'a' ? 'b' : 'a';
  return [
    malformed('a prefix alone', 'bpk_'),
    malformed('an owner that there is not', key.replace('bpk_', 'bpo_')),
    malformed('a stage that there is not', key.replace('_live_', '_prod_')),
    malformed('no secret', key.slice(0, 21)),
    malformed('one character short', key.slice(0, -1)),
    malformed('one character long', `${key}a`),
    malformed('a character that is no letter', `${key.slice(0, 30)}-${key.slice(31)}`),
    malformed('an encoded underscore', key.replace('_', '%5F')),
    malformed('a wrong checksum', key.slice(0, -1) + last),
    malformed('the checksum of another key', key.slice(0, -6) + other.slice(-6)),
    malformed('two letters in turn', key.slice(0, 22) + swapped(key.slice(22, 24)) + key.slice(24)),
    malformed('called a service account’s', key.replace('bpk_', 'bps_')),
    malformed('called a test key', key.replace('_live_', '_test_')),
    malformed('followed by another', `${key},${other}`),
    malformed('followed by a token', `${key}.${token}`),
    malformed('17 KiB', key + 'a'.repeat(17 * 1024)),

    unknown('an unknown id', makeKey()),
    unknown('the wrong secret', makeKey({ id: good.id })),
    unknown('the right secret under another id', makeKey({ secret: good.secret })),
    unknown('the right secret of another kind of owner', { ...good, owner: 'serviceAccount' }),
    unknown('another stage', { ...good, stage: 'test' }),
    unknown('deleted', issued.deleted),
    unknown('expired', issued.expired),
    unknown('not yet valid', issued.notYetValid),
    unknown('from the wrong address', issued.elsewhere),

    misplaced('with another in X-API-Key', AMBIGUOUS, { authorization: `Bearer ${key}`, 'x-api-key': other }),
    misplaced('with itself in X-API-Key', AMBIGUOUS, { authorization: `Bearer ${key}`, 'x-api-key': key }),
    misplaced('with a token', AMBIGUOUS, { authorization: `Bearer ${token}`, 'x-api-key': key }),
    misplaced('twice in Authorization', AMBIGUOUS, { authorization: [`Bearer ${key}`, `Bearer ${key}`] }),
    misplaced('twice in X-API-Key', AMBIGUOUS, { 'x-api-key': [key, other] }),
    misplaced('in the query', IN_QUERY, {}, `?api_key=${key}`),
    misplaced('in the query, as some send it', IN_QUERY, {}, `?apikey=${key}`),
    misplaced('in the query under any name', IN_QUERY, {}, `?limit=1&k=${key}`),
    misplaced('in the query, within JSON', IN_QUERY, {}, `?input=%7B%22k%22%3A%22${key}%22%7D`),
    misplaced('in the query beside a good one', IN_QUERY, { 'x-api-key': key }, `?access_token=${other}`),
    misplaced('in a cookie', NONE, { cookie: `api_key=${key}; authorization=Bearer ${key}` }),
    misplaced('in another header', NONE, { 'api-key': key, 'x-plinth-passport': key }),
  ];
}

/** Two neighbours that differ, or the one that follows. */
function swapped(pair: string): string {
  const [first = '', second = ''] = pair;
  return first === second ? `${first === '0' ? '1' : '0'}${second}` : second + first;
}
