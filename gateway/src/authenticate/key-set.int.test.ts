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
} from './test-issuer.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

const ISSUER = 'https://plinth.example/realms/plinth';
const START = Date.UTC(2026, 0, 1);
const START_SECONDS = START / 1_000;

const rsa = rsaKey('rsa-1');

let issuer: TestIssuer;
let verifier: TokenVerifier;
let now = START;

beforeAll(async () => {
  issuer = await startTestIssuer([rsa]);
});
afterAll(() => issuer.close());

beforeEach(() => {
  now = START;
  issuer.answer = undefined;
  issuer.keys = [rsa];
  verifier = newVerifier();
  issuer.fetches = 0;
});
afterEach(() => verifier.close());

const newVerifier = () =>
  createTokenVerifier({
    issuerUrl: ISSUER,
    jwksUrls: [issuer.url],
    audience: 'plinth-api',
    clients: ['plinth-console'],
    now: () => now,
  });

const claims = (changes: object = {}) => ({ ...goodClaims(ISSUER, START_SECONDS), ...changes });
const token = (changes: object = {}, key: IssuerKey = rsa) => signToken(key, claims(changes));
const verdict = (raw: string) => codeOf(verifier.verify(raw));
const seconds = (count: number) => {
  now += count * 1_000;
};

describe('the key set', () => {
  it('is fetched once by a cold stampede', async () => {
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => verdict(token())));
    expect(new Set(verdicts)).toEqual(new Set(['accepted']));
    expect(issuer.fetches).toBe(1);
  });

  it('is fetched at most once in 30 seconds by a flood of made-up key ids', async () => {
    await verifier.verify(token());
    seconds(31);
    issuer.fetches = 0;
    const flood = Array.from({ length: 300 }, (_, i) => verdict(signToken(rsa, claims(), { kid: `k${i}` })));
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['TOKEN_INVALID']));
    expect(issuer.fetches).toBe(1);
  });

  it('is fetched at most once in 30 seconds while fetching fails', async () => {
    await verifier.verify(token());
    issuer.answer = { status: 500 };
    seconds(31);
    issuer.fetches = 0;
    for (let i = 0; i < 20; i++) await verdict(signToken(rsa, claims(), { kid: `k${i}` }));
    expect(issuer.fetches).toBe(1);
    seconds(31);
    await verdict(signToken(rsa, claims(), { kid: 'later' }));
    expect(issuer.fetches).toBe(2);
  });

  it('follows a rotation, keeping the old key while it is published', async () => {
    await verifier.verify(token());
    const next = rsaKey('rsa-2');
    issuer.keys = [next, rsa];
    expect(await verdict(token({}, next)), 'with no wait after a good fetch').toBe('accepted');
    expect(await verdict(token())).toBe('accepted');
    issuer.keys = [next];
    seconds(31);
    await verdict(signToken(rsa, claims(), { kid: 'unknown' }));
    expect(await verdict(token())).toBe('TOKEN_INVALID');
  });

  it('is not at once asked for a new key where a made-up one was looked for', async () => {
    await verifier.verify(token());
    await verdict(signToken(rsa, claims(), { kid: 'made-up' }));
    const next = rsaKey('rsa-2');
    issuer.keys = [next, rsa];
    seconds(29);
    expect(await verdict(token({}, next))).toBe('TOKEN_INVALID');
    seconds(2);
    expect(await verdict(token({}, next))).toBe('accepted');
    expect(issuer.fetches).toBe(3);
  });

  it('is refreshed in the background, and serves meanwhile', async () => {
    await verifier.verify(token());
    seconds(301);
    await verifier.verify(token({ exp: START_SECONDS + 600 }));
    await expect.poll(() => issuer.fetches).toBe(2);
    expect(verifier.state()).toBe('ok');
  });

  it('lives through an outage for 24 hours, then says that it cannot tell', async () => {
    await verifier.verify(token());
    issuer.answer = { status: 503 };
    const later = (hours: number) => {
      now = START + hours * 3_600_000;
      return verdict(token({ iat: now / 1_000, exp: now / 1_000 + 300 }));
    };
    expect(await later(1)).toBe('accepted');
    await expect.poll(() => verifier.state()).toBe('degraded');
    expect(verifier.keysStaleSeconds()).toBe(3_600 - 600);
    expect(await later(23.9)).toBe('accepted');
    expect(await later(24.1)).toBe('AUTH_UNAVAILABLE');
    expect(verifier.state()).toBe('down');
    issuer.answer = undefined;
    expect(await later(24.2)).toBe('accepted');
    expect(verifier.state()).toBe('ok');
    expect(verifier.keysStaleSeconds()).toBe(0);
  });

  it.each([
    ['empty', { status: 200, body: '{"keys":[]}' }],
    ['not JSON', { status: 200, body: '<html>' }],
    ['too large', { status: 200, body: JSON.stringify({ keys: [], padding: 'x'.repeat(300_000) }) }],
    ['elsewhere', { status: 302, headers: { location: '/certs' } }],
  ])('keeps the old keys when the new set is %s', async (_name, answer) => {
    await verifier.verify(token());
    issuer.answer = answer;
    seconds(31);
    expect(await verdict(signToken(rsa, claims(), { kid: 'new' }))).toBe('TOKEN_INVALID');
    expect(await verdict(token())).toBe('accepted');
    expect(verifier.state()).toBe('degraded');
    expect(issuer.fetches).toBe(2);
  });

  it('never had: the answer is 503, and the first keys are let in soon', async () => {
    issuer.answer = { status: 500 };
    verifier.close();
    verifier = newVerifier();
    const error: AppError = await verifier.verify(token()).then(
      () => expect.fail('accepted'),
      (refusal) => refusal,
    );
    expect(error).toMatchObject({ code: 'AUTH_UNAVAILABLE', status: 503 });
    expect(verifier.state()).toBe('down');
    issuer.answer = undefined;
    seconds(2);
    expect(await verdict(token())).toBe('accepted');
  });

  it('gives up on an issuer that does not answer', async () => {
    issuer.answer = 'silence';
    verifier.close();
    verifier = newVerifier();
    expect(await verdict(token())).toBe('AUTH_UNAVAILABLE');
  });

  it('leaves out keys for encryption, weak keys and other curves', async () => {
    const weak = rsaKey('weak', {}, 1_024);
    const other = ecKey('p384', 'P-384');
    const encryption = rsaKey('enc', { use: 'enc' });
    issuer.keys = [
      { kid: 'junk', privateKey: rsa.privateKey, jwk: { kty: 'RSA', kid: 'junk', n: 1 } },
      weak,
      other,
      encryption,
      rsa,
    ];
    verifier.close();
    verifier = newVerifier();
    expect(await verdict(token())).toBe('accepted');
    expect(await verdict(token({}, weak))).toBe('TOKEN_INVALID');
    expect(await verdict(token({}, encryption))).toBe('TOKEN_INVALID');
    expect(await verdict(signToken(other, claims(), { alg: 'ES256' }))).toBe('TOKEN_INVALID');
  });
});
