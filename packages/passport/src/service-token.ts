import { createHash } from 'node:crypto';
import { AppError, type ServiceName } from '@plinth/contracts';
import { createExpiringCache } from './expiring-cache.ts';
import { nowInSeconds, type Signer } from './signer.ts';
import { type Trust, verifySigned } from './trust.ts';

// The service token says which service makes a call. It holds the hash of the passport that goes with it, so that
// neither works without the other and a token seen in one call opens no other.

const TYP = 'plinth-service';
const LIFETIME_SECONDS = 60;
/** A token is reused until it has this long to live: enough for a call that starts now. */
const REUSE_MARGIN_SECONDS = 15;
const CACHED = 10_000;

const digest = (passport: string): string => createHash('sha256').update(passport).digest('base64url');

export interface ServiceTokenMinter {
  mint(call: { audience: ServiceName; passport?: string | undefined }): Promise<string>;
}

export interface ServiceTokenVerifier {
  /** Who calls. `passport`: the one that came with the token. */
  verify(token: string, passport: string | undefined): Promise<ServiceName>;
}

export function createServiceTokenMinter(signer: Signer): ServiceTokenMinter {
  const minted = createExpiringCache<string>(CACHED);
  return {
    async mint({ audience, passport }) {
      // By its end, entries are told apart.
      const cacheKey = `${passport ?? ''} ${audience}`;
      const known = minted.get(cacheKey);
      if (known) return known;
      const expiresAt = nowInSeconds() + LIFETIME_SECONDS;
      const claims = { aud: audience, ...(passport !== undefined && { passport: digest(passport) }) };
      const token = await signer.sign(TYP, claims, expiresAt);
      minted.set(cacheKey, token, expiresAt - REUSE_MARGIN_SECONDS);
      return token;
    },
  };
}

export function createServiceTokenVerifier(options: {
  trust: Trust;
  service: ServiceName;
}): ServiceTokenVerifier {
  const { trust, service } = options;
  const verified = createExpiringCache<{ issuer: ServiceName; passport: unknown }>(CACHED);

  async function check(token: string): Promise<{ issuer: ServiceName; passport: unknown }> {
    const { issuer, expiresAt, claims } = await verifySigned(trust, token, { typ: TYP, audience: service });
    if (claims.aud !== service) throw new Error('a service token has exactly one audience');
    const content = { issuer, passport: claims.passport };
    verified.set(token, content, expiresAt);
    return content;
  }

  return {
    async verify(token, passport) {
      try {
        const content = verified.get(token) ?? (await check(token));
        const expected = passport === undefined ? undefined : digest(passport);
        if (content.passport !== expected) throw new Error('the token was made for another passport');
        return content.issuer;
      } catch (cause) {
        throw new AppError('UNAUTHENTICATED', { cause });
      }
    },
  };
}
