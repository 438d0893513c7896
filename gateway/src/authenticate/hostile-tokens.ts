import { createHmac, createPublicKey } from 'node:crypto';
import { type ErrorCode, newId } from '@plinth/contracts';
import { goodAccountClaims, goodClaims, type IssuerKey, rsaKey, signToken, unsigned } from './test-issuer.ts';

// Tokens that are wrong in one way each, all else being right, made for an issuer that publishes an RSA key, kept for
// RS256, and an EC key.

export interface Issuing {
  issuer: string;
  /** Seconds since the epoch. */
  now: number;
  rsa: IssuerKey;
  ec: IssuerKey;
  /** Where a key of the sender's choice could be had. */
  elsewhere?: string;
}

type Row = [name: string, code: ErrorCode, make: (from: Issuing) => string];
type Claims = Record<string, unknown>;

/** The kid is that of the issuer's, the key is not. */
const strange = ({ rsa }: Issuing): IssuerKey => ({ ...STRANGE, kid: rsa.kid });
const STRANGE = rsaKey('strange');

const claimsOf = ({ issuer, now }: Issuing): Claims => goodClaims(issuer, now);
const token = (from: Issuing, changes: object = {}): string =>
  signToken(from.rsa, { ...claimsOf(from), ...changes });

const withHeader =
  (header: (from: Issuing) => { alg?: string; [parameter: string]: unknown }) =>
  (from: Issuing): string =>
    signToken(from.rsa, claimsOf(from), header(from));

const withClaims =
  (changes: (from: Issuing) => object) =>
  (from: Issuing): string =>
    token(from, changes(from));

const without = (name: string) => (from: Issuing) => {
  const { [name]: _dropped, ...rest } = claimsOf(from);
  return signToken(from.rsa, rest);
};

const twice = (name: string, value: unknown) => (from: Issuing) =>
  signToken(from.rsa, JSON.stringify(claimsOf(from)).replace('{', `{"${name}":${JSON.stringify(value)},`));

const none = (alg: string, signature?: string) => (from: Issuing) =>
  unsigned({ alg, kid: from.rsa.kid, typ: 'JWT' }, claimsOf(from), signature);

function hmac(from: Issuing, secret: string): string {
  const signed = none('HS256')(from).slice(0, -1);
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const pemOf = ({ rsa }: Issuing): string =>
  String(createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'pem' }));

/** A header that brings a key of its own, under which the token is good. */
const bringing = (header: (from: Issuing) => object) => (from: Issuing) =>
  signToken(strange(from), claimsOf(from), { ...header(from) });

const FORMS: readonly Row[] = [
  ['two parts', 'TOKEN_INVALID', (from) => token(from).split('.').slice(0, 2).join('.')],
  ['four parts', 'TOKEN_INVALID', (from) => `${token(from)}.AAAA`],
  ['padding', 'TOKEN_INVALID', (from) => `${token(from)}=`],
  ['a signature with loose last bits', 'TOKEN_INVALID', (from) => `${token(from).slice(0, -1)}B`],
  ['17 KiB', 'TOKEN_INVALID', withClaims(() => ({ padding: 'x'.repeat(17 * 1024) }))],
  ['payload not JSON', 'TOKEN_INVALID', ({ rsa }) => signToken(rsa, 'not json')],
  ['payload null', 'TOKEN_INVALID', ({ rsa }) => signToken(rsa, 'null')],
  ['a claim named twice', 'TOKEN_INVALID', twice('aud', 'plinth-api')],
  ['a claim named twice under an escape', 'TOKEN_INVALID', twice('\\u0073ub', 'root')],
];

const SIGNATURES: readonly Row[] = [
  ['alg none', 'TOKEN_INVALID', none('none')],
  ['alg none with some signature', 'TOKEN_INVALID', none('none', 'AAAA')],
  ['alg None', 'TOKEN_INVALID', none('None', 'AAAA')],
  ['alg NONE', 'TOKEN_INVALID', none('NONE', 'AAAA')],
  ['HS256 with the public key as secret', 'TOKEN_INVALID', (from) => hmac(from, pemOf(from))],
  ['HS256 with the JWK as secret', 'TOKEN_INVALID', (from) => hmac(from, JSON.stringify(from.rsa.jwk))],
  ['RS256 signature called ES256', 'TOKEN_INVALID', withHeader(() => ({ alg: 'ES256' }))],
  ['RS256 token naming an EC key', 'TOKEN_INVALID', withHeader(({ ec }) => ({ kid: ec.kid }))],
  ['PS256 with a key kept for RS256', 'TOKEN_INVALID', withHeader(() => ({ alg: 'PS256' }))],
  ['an algorithm named like a member of Object', 'TOKEN_INVALID', withHeader(() => ({ alg: 'constructor' }))],
  ['another key under a known kid', 'TOKEN_INVALID', bringing(() => ({}))],
  [
    'a changed payload',
    'TOKEN_INVALID',
    (from) => token(from).replace(/\.[^.]+\./, `.${token(from, { sub: 'x' }).split('.')[1]}.`),
  ],
  ['an unknown kid', 'TOKEN_INVALID', withHeader(() => ({ kid: 'nobody' }))],
  ['a kid that climbs', 'TOKEN_INVALID', withHeader(() => ({ kid: '../../../../dev/null' }))],
  ['a kid of SQL', 'TOKEN_INVALID', withHeader(() => ({ kid: "' OR '1'='1' UNION SELECT 'key'--" }))],
  ['a kid named like a member of Object', 'TOKEN_INVALID', withHeader(() => ({ kid: '__proto__' }))],
  ['a kid that is an address', 'TOKEN_INVALID', withHeader(({ elsewhere }) => ({ kid: `${elsewhere}/k` }))],
  ['a kid too long', 'TOKEN_INVALID', withHeader(() => ({ kid: 'k'.repeat(129) }))],
  ['a kid that is no text', 'TOKEN_INVALID', withHeader(() => ({ kid: ['rsa-1'] }))],
  ['no kid', 'TOKEN_INVALID', withHeader(() => ({ kid: undefined }))],
  ['a header with its own key', 'TOKEN_INVALID', bringing(() => ({ jwk: STRANGE.jwk }))],
  ['a header with a key set elsewhere', 'TOKEN_INVALID', bringing(({ elsewhere }) => ({ jku: elsewhere }))],
  [
    'a header with a certificate elsewhere',
    'TOKEN_INVALID',
    bringing(({ elsewhere }) => ({ x5u: elsewhere })),
  ],
  ['a header with a certificate', 'TOKEN_INVALID', bringing(() => ({ x5c: ['AAAA'] }))],
  ['crit', 'TOKEN_INVALID', withHeader(() => ({ crit: ['exp'] }))],
  ['another header type', 'TOKEN_INVALID', withHeader(() => ({ typ: 'logout+jwt' }))],
];

const CLAIMS: readonly Row[] = [
  ['expired', 'TOKEN_EXPIRED', withClaims(({ now }) => ({ iat: now - 400, exp: now - 40 }))],
  ['exp missing', 'TOKEN_INVALID', without('exp')],
  ['exp not a number', 'TOKEN_INVALID', withClaims(() => ({ exp: '9999999999' }))],
  ['iat missing', 'TOKEN_INVALID', without('iat')],
  ['nbf in the future', 'TOKEN_INVALID', withClaims(({ now }) => ({ nbf: now + 40 }))],
  ['iat in the future', 'TOKEN_INVALID', withClaims(({ now }) => ({ iat: now + 40 }))],
  ['a lifetime of two hours', 'TOKEN_INVALID', withClaims(({ now }) => ({ exp: now + 7_200 }))],
  ['another issuer', 'TOKEN_INVALID', withClaims(({ issuer }) => ({ iss: issuer.replace(/\w+$/, 'other') }))],
  ['the issuer with a slash', 'TOKEN_INVALID', withClaims(({ issuer }) => ({ iss: `${issuer}/` }))],
  ['aud missing', 'TOKEN_INVALID', without('aud')],
  ['aud account', 'TOKEN_INVALID', withClaims(() => ({ aud: 'account' }))],
  ['azp missing', 'TOKEN_INVALID', without('azp')],
  ['azp unknown', 'TOKEN_INVALID', withClaims(() => ({ azp: 'somebody' }))],
  ['an ID token', 'TOKEN_INVALID', withClaims(() => ({ typ: 'ID' }))],
  ['a refresh token', 'TOKEN_INVALID', withClaims(() => ({ typ: 'Refresh' }))],
  ['a logout token', 'TOKEN_INVALID', withClaims(() => ({ typ: 'Logout' }))],
  ['no payload type', 'TOKEN_INVALID', without('typ')],
  ['sub empty', 'TOKEN_INVALID', withClaims(() => ({ sub: '' }))],
  ['sub missing', 'TOKEN_INVALID', without('sub')],
];

const ACCOUNT = newId('serviceAccount');

/** As a service account's own, but for this. */
const asAccount =
  (changes: object, clientId = ACCOUNT) =>
  ({ issuer, now, rsa }: Issuing): string =>
    signToken(rsa, { ...goodAccountClaims(issuer, now, clientId), ...changes });

const ACCOUNTS: readonly Row[] = [
  ['a service account by another client', 'TOKEN_INVALID', withClaims(() => ({ client_id: ACCOUNT }))],
  ['another client by a service account', 'TOKEN_INVALID', asAccount({ client_id: 'plinth-console' })],
  ['a service account that no client is', 'TOKEN_INVALID', asAccount({ client_id: undefined })],
  ['two service accounts', 'TOKEN_INVALID', asAccount({ client_id: newId('serviceAccount') })],
  ['a person by a service account', 'TOKEN_INVALID', asAccount({ email: 'ada@example.com' })],
  ['a sign-in by a service account', 'TOKEN_INVALID', asAccount({ sid: 'a-session' })],
  ['a service account in small letters', 'TOKEN_INVALID', asAccount({}, ACCOUNT.toLowerCase())],
  ['a service account and a letter', 'TOKEN_INVALID', asAccount({}, `${ACCOUNT}0`)],
  ['a service account by its prefix', 'TOKEN_INVALID', asAccount({}, 'sva_')],
  ['an ID token of a service account', 'TOKEN_INVALID', asAccount({ typ: 'ID' })],
  ['a service account for another audience', 'TOKEN_INVALID', asAccount({ aud: 'account' })],
];

export const HOSTILE_TOKENS: readonly Row[] = [...FORMS, ...SIGNATURES, ...CLAIMS, ...ACCOUNTS];
