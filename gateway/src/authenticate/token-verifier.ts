import type { Log, VerifiedToken } from '@plinth/contracts';
import { type CompactToken, parseCompactToken } from './compact-token.ts';
import { validateGrant } from './grant-manager.ts';
import { createKeySet, type Health, type KeySet } from './key-set.ts';
import { createRealms, type FindRealm } from './realms.ts';
import { createTokenCache } from './token-cache.ts';
import { checkClaims, endUserClaims, type ExpectedClaims, issuerOf } from './token-claims.ts';
import { tokenInvalid } from './token-errors.ts';

// keycloak-connect's GrantManager decides whether the issuer signed a token; around it stands what it leaves open: the form
// of the token, the algorithm, the claims, and where keys come from. Cheap checks come first, so that junk costs little.

export interface TokenVerifierOptions extends ExpectedClaims {
  jwksUrls: readonly string[];
  /** Asks for the realm of a tenant; without it the platform's own issuer is the only one. */
  findRealm?: FindRealm;
  log?: Log;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

export interface TokenVerifier {
  /** Throws TOKEN_INVALID, TOKEN_EXPIRED or AUTH_UNAVAILABLE. */
  verify(token: string): Promise<VerifiedToken>;
  state(): Health;
  /** For how long the issuer's keys have been older than they should be. */
  keysStaleSeconds(): number;
  close(): void;
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuerUrl, audience, jwksUrls, log, findRealm, now = Date.now } = options;
  const keySet = createKeySet({ urls: jwksUrls, log, now });
  const realms = createRealms({ find: findRealm ?? (async () => undefined), log, now });
  const cache = createTokenCache(now);

  async function signedBy(
    issuer: string,
    keys: KeySet,
    raw: string,
    { algorithm, kid }: CompactToken,
  ): Promise<void> {
    const key = (await keys.find(kid))?.get(algorithm);
    if (!key) throw tokenInvalid('no key for this kid and algorithm');
    try {
      await validateGrant(raw, { issuer, audience, key });
    } catch (error) {
      throw tokenInvalid('keycloak-connect refuses it', error);
    }
  }

  async function verifyOwn(raw: string, parts: CompactToken): Promise<VerifiedToken> {
    const token = checkClaims(parts.claims, options, now() / 1_000);
    await signedBy(issuerUrl, keySet, raw, parts);
    return token;
  }

  async function verifyOfRealm(issuer: string, raw: string, parts: CompactToken): Promise<VerifiedToken> {
    const expected = { issuerUrl: issuer, audience, clients: undefined };
    const token = checkClaims(parts.claims, expected, now() / 1_000);
    const claims = endUserClaims(parts.claims);
    const realm = await realms.of(issuer);
    if (!realm) throw tokenInvalid('another issuer');
    await signedBy(issuer, realm.keySet, raw, parts);
    return { ...token, endUser: { realmId: realm.id, claims } };
  }

  async function verifyAnew(raw: string): Promise<VerifiedToken> {
    const parts = parseCompactToken(raw);
    const issuer = issuerOf(parts.claims);
    const token =
      issuer === issuerUrl ? await verifyOwn(raw, parts) : await verifyOfRealm(issuer, raw, parts);
    cache.put(raw, token);
    return token;
  }

  return {
    verify: async (raw) => cache.get(raw) ?? verifyAnew(raw),
    state: keySet.state,
    keysStaleSeconds: keySet.staleSeconds,
    close() {
      keySet.close();
      realms.close();
    },
  };
}
