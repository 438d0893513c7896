import { createServer } from 'node:http';
import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { AppError } from '@plinth/contracts';

// A real issuer for tests: keys, a JWKS server that counts, and tokens signed by hand so that each can be wrong in one way.

export interface IssuerKey {
  kid: string;
  privateKey: KeyObject;
  jwk: object;
}

function keyOf(kid: string, pair: { publicKey: KeyObject; privateKey: KeyObject }, extra: object): IssuerKey {
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig', ...extra };
  return { kid, privateKey: pair.privateKey, jwk };
}

export const rsaKey = (kid: string, extra: object = { alg: 'RS256' }, modulusLength = 2_048): IssuerKey =>
  keyOf(kid, generateKeyPairSync('rsa', { modulusLength }), extra);

export const ecKey = (kid: string, namedCurve = 'P-256'): IssuerKey =>
  keyOf(kid, generateKeyPairSync('ec', { namedCurve }), {});

const encode = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const SIGN_OPTIONS: Record<string, Omit<SignKeyObjectInput, 'key'>> = {
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ES256: { dsaEncoding: 'ieee-p1363' },
};

/** `claims` may be a text, to hold what JSON.stringify never writes. */
export function signToken(
  { kid, privateKey }: IssuerKey,
  claims: object | string,
  { alg = 'RS256', ...header }: { alg?: string; [parameter: string]: unknown } = {},
): string {
  const signed = `${encode({ alg, typ: 'JWT', kid, ...header })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, ...SIGN_OPTIONS[alg] });
  return `${signed}.${signature.toString('base64url')}`;
}

export const unsigned = (header: object, claims: object, signature = ''): string =>
  `${encode(header)}.${encode(claims)}.${signature}`;

export const goodClaims = (issuer: string, nowSeconds: number) => ({
  iss: issuer,
  sub: '7e7a9c1e-2f3b-4a55-9d2e-0c1d2e3f4a5b',
  aud: ['account', 'plinth-api'],
  azp: 'plinth-console',
  typ: 'Bearer',
  jti: randomUUID(),
  iat: nowSeconds,
  exp: nowSeconds + 300,
  email: 'ada@example.com',
  email_verified: true,
});

/** As a provider writes them for a client that signs in as itself. */
export function goodAccountClaims(issuer: string, nowSeconds: number, clientId: string) {
  const { email: _, email_verified: __, ...claims } = goodClaims(issuer, nowSeconds);
  return { ...claims, azp: clientId, client_id: clientId };
}

export const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'accepted',
    (error: AppError) => error.code,
  );

export interface TestIssuer {
  readonly url: string;
  fetches: number;
  keys: readonly IssuerKey[];
  /** What the server answers instead of the key set. */
  answer: { status: number; headers?: Record<string, string>; body?: string } | 'silence' | undefined;
  close(): Promise<void>;
}

export async function startTestIssuer(keys: readonly IssuerKey[]): Promise<TestIssuer> {
  const server = createServer((_request, response) => {
    issuer.fetches += 1;
    const { answer } = issuer;
    if (answer === 'silence') return;
    const body = JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) });
    response.writeHead(answer?.status ?? 200, { 'content-type': 'application/json', ...answer?.headers });
    response.end(answer ? answer.body : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${port}/certs`,
    fetches: 0,
    keys,
    answer: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}
