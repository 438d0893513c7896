import { randomUUID, type webcrypto } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  audienceOf,
  exchangeInput,
  type exchangeOutput,
  type RateLimit,
  type RevocationsSince,
} from '@plinth/contracts';
import { createPassportMinter, createSigner } from '@plinth/passport';
import { freePort } from '@plinth/testing/systems/server-process';
import { testMember } from '@plinth/testing/service-keys';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { z } from 'zod';
import type { Stage } from '../scenario.ts';

// An issuer and identity's part of the exchange, in the process of the bench: their cost is none of the gateway's, which asks them
// once a minute for each credential. The tokens are of the size and form of Keycloak's.

export interface StandInIdentity {
  url: string;
  issuer: string;
  jwksUrl: string;
  jwks: { keys: object[] };
  /** An access token, good for an hour. */
  token: string;
  /** Others of the same person. */
  moreTokens(count: number): Promise<string[]>;
}

const KID = 'bench';
const NOTHING_REVOKED: RevocationsSince = { sequence: 0, revocations: [], hasMore: false };

/** More than any machine can use up, so that the limits count and never refuse. */
const limitsOf = (principal: string): RateLimit[] =>
  ['principal', 'tenant'].map((policy) => ({
    policy,
    key: `${policy}:${principal}`,
    quota: 100_000_000,
    windowSeconds: 60,
  }));

export async function startStandInIdentity(stage: Stage, keysFile: string): Promise<StandInIdentity> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: KID, alg: 'RS256', use: 'sig' }] };
  const minter = createPassportMinter(createSigner({ service: 'identity', keysFile }));

  async function exchange(body: string): Promise<z.output<typeof exchangeOutput>> {
    const { token, key, service } = exchangeInput.parse(JSON.parse(body));
    const principal = token?.subject ?? key?.owner;
    if (principal === undefined) throw new Error('the bench calls no route without a credential');
    const minted = await minter.mint(testMember(), audienceOf(service));
    return {
      ...minted,
      principal,
      limits: limitsOf(principal),
      // As many as a member's passport in a tenant has; nothing is ever revoked here.
      subjects: [
        'principal:bench',
        'membership:bench',
        'session:bench',
        'tenant:bench',
        'organization:bench',
      ],
      sequence: 0,
    };
  }

  async function answerTo({ method, url = '' }: IncomingMessage, body: string): Promise<object> {
    if (method === 'GET') return jwks;
    const isPoll = url.endsWith('/revocation.since');
    return { result: { data: isPoll ? NOTHING_REVOKED : await exchange(body) } };
  }

  const server = createServer(async (request, response) => {
    const body = await text(request);
    const answer = await answerTo(request, body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  stage.keep({
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const issuer = `${url}/realms/plinth`;
  const sign = () => signToken(issuer, privateKey);
  const moreTokens = (count: number) => Promise.all(Array.from({ length: count }, sign));
  return { url, issuer, jwks, jwksUrl: `${issuer}/certs`, token: await sign(), moreTokens };
}

function signToken(issuer: string, key: webcrypto.CryptoKey): Promise<string> {
  const claims = {
    jti: randomUUID(),
    azp: 'plinth-console',
    typ: 'Bearer',
    sid: '5f0c2f1e-8a64-4b0e-9d52-3c1d7e9ab642',
    acr: '1',
    scope: 'openid email profile',
    realm_access: { roles: ['default-roles-plinth', 'offline_access', 'uma_authorization'] },
    email: 'ada@example.com',
    email_verified: true,
    name: 'Ada Lovelace',
    preferred_username: 'ada@example.com',
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KID })
    .setIssuer(issuer)
    .setSubject('7e7a9c1e-2f3b-4a55-9d2e-0c1d2e3f4a5b')
    .setAudience(['account', 'plinth-api'])
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(key);
}
