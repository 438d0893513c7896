import { type AppError, newId } from '@plinth/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOSTILE_TOKENS } from './hostile-tokens.ts';
import {
  codeOf,
  ecKey,
  goodAccountClaims,
  goodClaims,
  type IssuerKey,
  rsaKey,
  signToken,
  startTestIssuer,
  type TestIssuer,
} from './test-issuer.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

const ISSUER = 'https://plinth.example/realms/plinth';
const START = Date.UTC(2026, 0, 1);
const START_SECONDS = START / 1_000;

const rsa = rsaKey('rsa-1');
const anyRsa = rsaKey('rsa-any', {});
const ec = ecKey('ec-1');

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
    jwksUrls: [issuer.url],
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
      issuedAt: START_SECONDS,
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
    expect(await verdict(token({ iat: START_SECONDS + 31 }))).toBe('TOKEN_INVALID');
    expect(await verdict(token({ nbf: START_SECONDS + 31 }))).toBe('TOKEN_INVALID');
    expect(await verdict(token({ exp: START_SECONDS - 31, iat: START_SECONDS - 300 }))).toBe('TOKEN_EXPIRED');
  });

  it('may be a service account’s own, whatever the list of clients', async () => {
    const id = newId('serviceAccount');
    const raw = signToken(rsa, goodAccountClaims(ISSUER, START_SECONDS, id));
    const verified = await verifier.verify(raw);
    expect(verified).toMatchObject({ issuer: ISSUER, clientId: id });
    expect(verified).not.toHaveProperty('email');
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
  it.each(HOSTILE_TOKENS)('is refused: %s', async (_name, code, make) => {
    const raw = make({ issuer: ISSUER, now: START_SECONDS, rsa, ec });
    expect(await verdict(raw)).toBe(code);
    expect(await verdict(raw), 'sent again').toBe(code);
  });

  it.each(['', ' ', '..', '...'])('is refused: %j', async (raw) => {
    expect(await verdict(raw)).toBe('TOKEN_INVALID');
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
});
