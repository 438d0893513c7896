import { createHmac } from 'node:crypto';
import type { AppError } from '@plinth/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  codeOf,
  ecKey,
  goodClaims,
  type IssuerKey,
  rsaKey,
  signToken,
  startTestIssuer,
  type TestIssuer,
  unsigned,
} from './test-issuer.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

const ISSUER = 'https://plinth.example/realms/plinth';
const START = Date.UTC(2026, 0, 1);
const START_SECONDS = START / 1_000;

const rsa = rsaKey('rsa-1');
const anyRsa = rsaKey('rsa-any', {});
const ec = ecKey('ec-1');
const strange = rsaKey('rsa-1');

let issuer: TestIssuer;
let verifier: TokenVerifier;
let now = START;

beforeAll(async () => {
  issuer = await startTestIssuer([rsa, anyRsa, ec]);
});
afterAll(() => issuer.close());

beforeEach(() => {
  now = START;
  verifier = createTokenVerifier({
    issuerUrl: ISSUER,
    jwksUrl: issuer.url,
    audience: 'plinth-api',
    clients: ['plinth-console', 'plinth-cli'],
    now: () => now,
  });
});
afterEach(() => verifier.close());

const claims = (changes: object = {}) => ({ ...goodClaims(ISSUER, START_SECONDS), ...changes });
const token = (changes: object = {}, key: IssuerKey = rsa) => signToken(key, claims(changes));
const verdict = (raw: string) => codeOf(verifier.verify(raw));
const seconds = (count: number) => {
  now += count * 1_000;
};

describe('a good token', () => {
  it('yields what the issuer says of its bearer', async () => {
    expect(await verifier.verify(token({ tenant_id: 'tnt_1' }))).toEqual({
      issuer: ISSUER,
      subject: '7e7a9c1e-2f3b-4a55-9d2e-0c1d2e3f4a5b',
      email: 'ada@example.com',
      emailVerified: true,
      clientId: 'plinth-console',
      tenantId: 'tnt_1',
      expiresAt: START_SECONDS + 300,
    });
    expect(verifier.state()).toBe('ok');
  });

  it.each([
    ['RS256', rsa],
    ['RS256', anyRsa],
    ['PS256', anyRsa],
    ['ES256', ec],
  ])('may be signed with %s', async (alg, key) => {
    expect(await verdict(signToken(key, claims(), { alg }))).toBe('accepted');
  });

  it('may leave out nbf, email and typ of the header, and name one audience', async () => {
    const { email: _email, email_verified: _verified, ...bare } = claims({ aud: 'plinth-api' });
    const verified = await verifier.verify(signToken(rsa, bare, { typ: undefined }));
    expect(verified).toMatchObject({ emailVerified: false });
    expect(verified).not.toHaveProperty('email');
  });

  it('may be up to 30 seconds off the clock', async () => {
    expect(await verdict(token({ iat: START_SECONDS + 29, nbf: START_SECONDS + 29 }))).toBe('accepted');
    expect(await verdict(token({ exp: START_SECONDS - 29, iat: START_SECONDS - 300 }))).toBe('accepted');
  });

  it('is remembered no longer than it lives', async () => {
    const raw = token({ exp: START_SECONDS + 20 });
    await verifier.verify(raw);
    seconds(19);
    expect(await verdict(raw)).toBe('accepted');
    seconds(32);
    expect(await verdict(raw)).toBe('TOKEN_EXPIRED');
  });
});

describe('a bad token', () => {
  const hmac = () => {
    const unsignedPart = unsigned({ alg: 'HS256', kid: 'rsa-1', typ: 'JWT' }, claims()).slice(0, -1);
    const secret = JSON.stringify(rsa.jwk);
    return `${unsignedPart}.${createHmac('sha256', secret).update(unsignedPart).digest('base64url')}`;
  };
  const withoutClaim = (name: string) => {
    const { [name]: _dropped, ...rest }: Record<string, unknown> = claims();
    return signToken(rsa, rest);
  };
  const twice = (name: string, value: unknown) =>
    signToken(rsa, JSON.stringify(claims()).replace('{', `{"${name}":${JSON.stringify(value)},`));

  it.each<[string, () => string]>([
    ['alg none', () => unsigned({ alg: 'none', kid: 'rsa-1' }, claims())],
    ['alg none with some signature', () => unsigned({ alg: 'none', kid: 'rsa-1' }, claims(), 'AAAA')],
    ['alg None', () => unsigned({ alg: 'None', kid: 'rsa-1' }, claims(), 'AAAA')],
    ['HS256 with the public key as secret', hmac],
    ['RS256 signature called ES256', () => signToken(rsa, claims(), { alg: 'ES256' })],
    ['RS256 token naming an EC key', () => signToken(rsa, claims(), { kid: 'ec-1' })],
    ['PS256 with a key kept for RS256', () => signToken(rsa, claims(), { alg: 'PS256' })],
    ['an algorithm named like a member of Object', () => signToken(rsa, claims(), { alg: 'constructor' })],
    ['another key under a known kid', () => token({}, strange)],
    ['a changed payload', () => token().replace(/\.[^.]+\./, `.${token({ sub: 'x' }).split('.')[1]}.`)],
    ['exp missing', () => withoutClaim('exp')],
    ['exp not a number', () => token({ exp: '9999999999' })],
    ['iat missing', () => withoutClaim('iat')],
    ['nbf in the future', () => token({ nbf: START_SECONDS + 31 })],
    ['iat in the future', () => token({ iat: START_SECONDS + 31 })],
    ['a lifetime of two hours', () => token({ exp: START_SECONDS + 7_200 })],
    ['another issuer', () => token({ iss: 'https://plinth.example/realms/other' })],
    ['the issuer with a slash', () => token({ iss: `${ISSUER}/` })],
    ['aud missing', () => withoutClaim('aud')],
    ['aud account', () => token({ aud: 'account' })],
    ['azp missing', () => withoutClaim('azp')],
    ['azp unknown', () => token({ azp: 'somebody' })],
    ['an ID token', () => token({ typ: 'ID' })],
    ['a refresh token', () => token({ typ: 'Refresh' })],
    ['a logout token', () => token({ typ: 'Logout' })],
    ['no payload type', () => withoutClaim('typ')],
    ['sub empty', () => token({ sub: '' })],
    ['sub missing', () => withoutClaim('sub')],
    ['an unknown kid', () => signToken(rsa, claims(), { kid: 'nobody' })],
    ['a kid that climbs', () => signToken(rsa, claims(), { kid: '../../../../dev/null' })],
    ['a kid too long', () => signToken(rsa, claims(), { kid: 'k'.repeat(129) })],
    ['no kid', () => signToken(rsa, claims(), { kid: undefined })],
    ['a header that brings its own key', () => signToken(strange, claims(), { jwk: strange.jwk })],
    ['crit', () => signToken(rsa, claims(), { crit: ['exp'] })],
    ['another header type', () => signToken(rsa, claims(), { typ: 'logout+jwt' })],
    ['a claim named twice', () => twice('aud', 'plinth-api')],
    ['a claim named twice under an escape', () => twice('\\u0073ub', 'root')],
    ['17 KiB', () => token({ padding: 'x'.repeat(17 * 1024) })],
    ['two parts', () => token().split('.').slice(0, 2).join('.')],
    ['four parts', () => `${token()}.AAAA`],
    ['padding', () => `${token()}=`],
    ['a signature with loose last bits', () => `${token().slice(0, -1)}B`],
    ['a space', () => ` ${token()}`],
    ['no token at all', () => ''],
    ['payload not JSON', () => signToken(rsa, 'not json')],
    ['payload null', () => signToken(rsa, 'null')],
  ])('is refused: %s', async (_name, make) => {
    expect(await verdict(make())).toBe('TOKEN_INVALID');
  });

  it('is told apart from an expired one', async () => {
    expect(await verdict(token({ exp: START_SECONDS - 31, iat: START_SECONDS - 300 }))).toBe('TOKEN_EXPIRED');
  });

  it('is answered with a challenge and without a reason', async () => {
    const error: AppError = await verifier.verify(token({ azp: 'somebody' })).then(
      () => expect.fail('accepted'),
      (refusal) => refusal,
    );
    expect(error).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="plinth", error="invalid_token"' },
    });
    expect(error.message).not.toMatch(/azp|client/);
  });

  it('stays bad when it is sent again', async () => {
    const raw = token({}, strange);
    expect(await verdict(raw)).toBe('TOKEN_INVALID');
    expect(await verdict(raw)).toBe('TOKEN_INVALID');
  });
});
