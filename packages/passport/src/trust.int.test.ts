import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller, ServiceName } from '@plinth/contracts';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rotateServiceKey, type ServiceKeyFiles, writeServiceKeys } from './key-files.ts';
import { parsePrivateKeys } from './key-set.ts';
import { createPassportMinter, createPassportVerifier, type PassportVerifier } from './passport.ts';
import { createServiceTokenMinter, createServiceTokenVerifier } from './service-token.ts';
import { createSigner, type Signer } from './signer.ts';
import { createTrust, type Trust } from './trust.ts';

const ALL: ServiceName[] = ['gateway', 'identity', 'tenancy'];
const REFUSED = { code: 'UNAUTHENTICATED', status: 401 };

const caller: Caller = {
  kind: 'member',
  id: 'usr_1',
  organizationId: 'org_1',
  permissions: ['tenants:read'],
  capabilities: ['postgres'],
  suspended: false,
};

let directory: string;
let files: ServiceKeyFiles;
let trust: Trust;
let identity: Signer;
let verifier: PassportVerifier;

const signerOf = (service: ServiceName): Signer =>
  createSigner({ service, keysFile: files.keysFileOf(service) });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plinth-keys-'));
  files = await writeServiceKeys({ directory, services: ALL });
  trust = createTrust({ trustedKeysFile: files.trustedKeysFile });
  identity = signerOf('identity');
  verifier = createPassportVerifier({ trust, service: 'tenancy' });
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

const mint = async (audience: ServiceName[] = ['tenancy'], lifetime?: number): Promise<string> =>
  (await createPassportMinter(identity).mint(caller, audience, lifetime)).passport;

const inAMinute = (): number => Math.floor(Date.now() / 1_000) + 60;

/** A passport as identity would sign it, but for what a test changes. */
async function forge(changes: {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  key?: KeyObject | Uint8Array;
}): Promise<string> {
  const [own] = parsePrivateKeys(await readFile(files.keysFileOf('identity'), 'utf8'));
  if (!own) throw new Error('identity has no key');
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: 'identity', aud: ['tenancy'], iat: now, exp: now + 60, caller, ...changes.claims };
  const header = { alg: 'EdDSA', typ: 'plinth-passport', kid: own.kid, ...changes.header };
  return new SignJWT(claims).setProtectedHeader(header).sign(changes.key ?? own.key);
}

describe('a passport', () => {
  it('brings the caller to every service of its audience, from the cache as well', async () => {
    const passport = await mint(['identity', 'tenancy']);
    expect(await verifier.verify(passport)).toEqual(caller);
    expect(await verifier.verify(passport)).toEqual(caller);
    expect(await createPassportVerifier({ trust, service: 'identity' }).verify(passport)).toEqual(caller);
    expect(await verifier.verify(await forge({}))).toEqual(caller);
  });

  it('cannot be changed by one request for the next', async () => {
    const seen = await verifier.verify(await mint());
    expect(() => seen.permissions.push('billing:write')).toThrow(TypeError);
    expect(() => Object.assign(seen, { organizationId: 'org_2' })).toThrow(TypeError);
  });

  it('ends with its time, cached or not', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const passport = await mint();
    await verifier.verify(passport);
    vi.setSystemTime(Date.now() + 66_000);
    await expect(verifier.verify(passport)).rejects.toMatchObject(REFUSED);
    const fresh = createPassportVerifier({ trust, service: 'tenancy' });
    await expect(fresh.verify(passport)).rejects.toMatchObject(REFUSED);
  });

  it.each<[string, Parameters<typeof forge>[0]]>([
    ['without an expiry', { claims: { exp: undefined } }],
    ['for another service', { claims: { aud: ['gateway'] } }],
    ['for nobody', { claims: { aud: undefined } }],
    ['of another type', { header: { typ: 'plinth-service' } }],
    ['of no type', { header: { typ: undefined } }],
    ['of another issuer', { claims: { iss: 'gateway' } }],
    ['under an unknown kid', { header: { kid: 'identity.9' } }],
    ['under a kid that is a path', { header: { kid: '../identity.1' } }],
    ['without a kid', { header: { kid: undefined } }],
    ['signed with a foreign key under a trusted kid', { key: generateKeyPairSync('ed25519').privateKey }],
    ['under another name of its algorithm', { header: { alg: 'Ed25519' } }],
    ['signed with HMAC', { header: { alg: 'HS256' }, key: new Uint8Array(32) }],
    ['with a caller that is none', { claims: { caller: { ...caller, permissions: ['everything'] } } }],
    ['without a caller', { claims: { caller: undefined } }],
  ])('%s is refused', async (_, changes) => {
    await expect(verifier.verify(await forge(changes))).rejects.toMatchObject(REFUSED);
  });

  it('signed by another service is refused, whatever it says of itself', async () => {
    const claims = { aud: ['tenancy'], caller };
    const honest = await signerOf('gateway').sign('plinth-passport', claims, inAMinute());
    const [key] = parsePrivateKeys(await readFile(files.keysFileOf('gateway'), 'utf8'));
    const posing = await forge({ header: { kid: 'gateway.1' }, ...(key && { key: key.key }) });
    for (const passport of [honest, posing]) {
      await expect(verifier.verify(passport)).rejects.toMatchObject(REFUSED);
    }
  });

  it('unsigned, altered or no token at all is refused', async () => {
    const [header, payload, signature] = (await mint()).split('.');
    const none = Buffer.from('{"alg":"none","typ":"plinth-passport","kid":"identity.1"}').toString(
      'base64url',
    );
    const other = Buffer.from(JSON.stringify({ iss: 'identity', aud: 'tenancy', exp: inAMinute(), caller }));
    const tokens = [
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${header}.${other.toString('base64url')}.${signature}`,
      `${header}.${payload}`,
      '',
      'passport',
    ];
    for (const token of tokens) await expect(verifier.verify(token)).rejects.toMatchObject(REFUSED);
  });

  it('refused says nothing of why to the caller', async () => {
    const error = await verifier.verify(await forge({ claims: { iss: 'gateway' } })).catch((e: unknown) => e);
    expect(error).toMatchObject({ message: 'A credential is required', details: undefined });
  });
});

describe('a service token', () => {
  const verify = (token: string, passport: string | undefined, service: ServiceName = 'tenancy') =>
    createServiceTokenVerifier({ trust, service }).verify(token, passport);

  it('says who calls, with its own passport or with none', async () => {
    const passport = await mint();
    const minter = createServiceTokenMinter(signerOf('gateway'));
    const bound = await minter.mint({ audience: 'tenancy', passport });
    const bare = await minter.mint({ audience: 'tenancy' });
    expect(await verify(bound, passport)).toBe('gateway');
    expect(await verify(bare, undefined)).toBe('gateway');
    expect(await minter.mint({ audience: 'tenancy', passport })).toBe(bound);
  });

  it('opens nothing with another passport, without its own, or elsewhere', async () => {
    const passport = await mint();
    const another = await mint(['identity', 'tenancy']);
    const minter = createServiceTokenMinter(signerOf('gateway'));
    const bound = await minter.mint({ audience: 'tenancy', passport });
    const bare = await minter.mint({ audience: 'tenancy' });
    const verifyAtTenancy = createServiceTokenVerifier({ trust, service: 'tenancy' });
    await verifyAtTenancy.verify(bound, passport);
    for (const [token, shown] of [
      [bound, another],
      [bound, undefined],
      [bare, passport],
    ] as const) {
      await expect(verifyAtTenancy.verify(token, shown)).rejects.toMatchObject(REFUSED);
    }
    await expect(verify(bound, passport, 'identity')).rejects.toMatchObject(REFUSED);
  });

  it('is no passport, and a passport is no service token', async () => {
    const passport = await mint();
    await expect(verify(passport, undefined)).rejects.toMatchObject(REFUSED);
    const token = await createServiceTokenMinter(identity).mint({ audience: 'tenancy' });
    await expect(verifier.verify(token)).rejects.toMatchObject(REFUSED);
  });

  it('has one audience only', async () => {
    const token = await identity.sign('plinth-service', { aud: ['tenancy', 'gateway'] }, inAMinute());
    await expect(verify(token, undefined)).rejects.toMatchObject(REFUSED);
  });

  it('is minted anew before it ends, and ends', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const minter = createServiceTokenMinter(identity);
    const first = await minter.mint({ audience: 'tenancy' });
    vi.setSystemTime(Date.now() + 46_000);
    expect(await minter.mint({ audience: 'tenancy' })).not.toBe(first);
    expect(await verify(first, undefined)).toBe('identity');
    vi.setSystemTime(Date.now() + 20_000);
    await expect(verify(first, undefined)).rejects.toMatchObject(REFUSED);
  });
});

describe('keys', () => {
  it('are made once, the private ones readable by their owner only', async () => {
    const before = await readFile(files.keysFileOf('tenancy'), 'utf8');
    await writeServiceKeys({ directory, services: ALL });
    expect(await readFile(files.keysFileOf('tenancy'), 'utf8')).toBe(before);
    expect((await stat(files.keysFileOf('tenancy'))).mode & 0o777).toBe(0o600);
    const trusted = JSON.parse(await readFile(files.trustedKeysFile, 'utf8'));
    expect(trusted.keys.map((key: { kid: string }) => key.kid)).toEqual([
      'gateway.1',
      'identity.1',
      'tenancy.1',
    ]);
    expect(JSON.stringify(trusted)).not.toContain('"d"');
  });

  it('rotate with overlap: old and new are trusted at once, the one before no more', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const old = await mint();
    expect(await rotateServiceKey({ directory, service: 'identity' })).toEqual({ kid: 'identity.2' });
    const stillOld = await mint(['tenancy', 'gateway']);
    vi.setSystemTime(Date.now() + 1_001);
    const renewed = await mint();
    expect([kidOf(stillOld), kidOf(renewed)]).toEqual(['identity.1', 'identity.2']);
    for (const passport of [old, stillOld, renewed]) expect(await verifier.verify(passport)).toEqual(caller);

    await rotateServiceKey({ directory, service: 'identity' });
    vi.setSystemTime(Date.now() + 1_001);
    const unseen = await forge({ header: { kid: 'identity.1' } });
    await expect(verifier.verify(unseen)).rejects.toMatchObject(REFUSED);
    expect(await verifier.verify(await mint())).toEqual(caller);
  });

  it('are found at once under a new kid, before the next look at the file is due', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await verifier.verify(await mint());
    await rotateServiceKey({ directory, service: 'identity' });
    const other = await createPassportMinter(signerOf('identity')).mint(caller, ['tenancy']);
    expect(kidOf(other.passport)).toBe('identity.2');
    expect(await verifier.verify(other.passport)).toEqual(caller);
  });

  it('stay as they were while the file is unusable', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await writeFile(files.trustedKeysFile, '{"keys": [');
    await writeFile(files.keysFileOf('identity'), '');
    vi.setSystemTime(Date.now() + 2_000);
    expect(await verifier.verify(await mint())).toEqual(caller);
  });

  it("of another service are no service's own", () => {
    const wrong = { service: 'tenancy', keysFile: files.keysFileOf('gateway') } as const;
    expect(() => createSigner(wrong)).toThrow('holds no key of tenancy');
  });
});

function kidOf(token: string): string {
  const [header = ''] = token.split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid;
}
