import type { Log, VerifiedToken } from '@plinth/contracts';
import { parseCompactToken } from './compact-token.ts';
import { validateGrant } from './grant-manager.ts';
import { createKeySet, type Health } from './key-set.ts';
import { createTokenCache } from './token-cache.ts';
import { checkClaims, type ExpectedClaims } from './token-claims.ts';
import { tokenInvalid } from './token-errors.ts';

// keycloak-connect's GrantManager decides whether the issuer signed a token; around it stands what it leaves open: the form
// of the token, the algorithm, the claims, and where keys come from. Cheap checks come first, so that junk costs little.

export interface TokenVerifierOptions extends ExpectedClaims {
  jwksUrls: readonly string[];
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
  const { issuerUrl: issuer, audience, jwksUrls, log, now = Date.now } = options;
  const keySet = createKeySet({ urls: jwksUrls, log, now });
  const cache = createTokenCache(now);

  async function verifyAnew(raw: string): Promise<VerifiedToken> {
    const { algorithm, kid, claims } = parseCompactToken(raw);
    const token = checkClaims(claims, options, now() / 1_000);
    const key = (await keySet.find(kid))?.get(algorithm);
    if (!key) throw tokenInvalid('no key for this kid and algorithm');
    try {
      await validateGrant(raw, { issuer, audience, key });
    } catch (error) {
      throw tokenInvalid('keycloak-connect refuses it', error);
    }
    cache.put(raw, token);
    return token;
  }

  return {
    verify: async (raw) => cache.get(raw) ?? verifyAnew(raw),
    state: keySet.state,
    keysStaleSeconds: keySet.staleSeconds,
    close: keySet.close,
  };
}
