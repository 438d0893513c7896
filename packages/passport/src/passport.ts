import { AppError, type Caller, callerSchema, type ServiceName } from '@plinth/contracts';
import { createExpiringCache } from './expiring-cache.ts';
import { nowInSeconds, type Signer } from './signer.ts';
import { type Trust, verifySigned } from './trust.ts';

// The passport: who calls, for which scope, with what rights, signed by identity. The only credential that services
// accept from a caller, whatever the caller showed at the gateway.

const TYP = 'plinth-passport';
const ISSUER: ServiceName = 'identity';
const CACHED = 10_000;

export interface PassportMinter {
  /** `expiresAt`: seconds since the epoch. */
  mint(
    caller: Caller,
    audience: readonly ServiceName[],
    lifetimeSeconds?: number,
  ): Promise<{ passport: string; expiresAt: number }>;
}

export interface PassportVerifier {
  verify(passport: string): Promise<Caller>;
}

export function createPassportMinter(signer: Signer): PassportMinter {
  return {
    async mint(caller, audience, lifetimeSeconds = 60) {
      const expiresAt = nowInSeconds() + lifetimeSeconds;
      const passport = await signer.sign(TYP, { aud: [...audience], caller }, expiresAt);
      return { passport, expiresAt };
    },
  };
}

export function createPassportVerifier(options: { trust: Trust; service: ServiceName }): PassportVerifier {
  const { trust, service } = options;
  // The gateway sends one passport with many requests: the string itself is looked up before any signature is checked.
  const verified = createExpiringCache<Caller>(CACHED);

  async function check(passport: string): Promise<Caller> {
    const { issuer, expiresAt, claims } = await verifySigned(trust, passport, {
      typ: TYP,
      audience: service,
    });
    if (issuer !== ISSUER) throw new Error(`${issuer} may not sign passports`);
    const caller = frozen(callerSchema.parse(claims.caller));
    verified.set(passport, caller, expiresAt);
    return caller;
  }

  return {
    async verify(passport) {
      const known = verified.get(passport);
      if (known) return known;
      try {
        return await check(passport);
      } catch (cause) {
        throw new AppError('UNAUTHENTICATED', { cause });
      }
    },
  };
}

/** Requests share the cached caller: none may change it for the next. */
function frozen(caller: Caller): Caller {
  Object.freeze(caller.permissions);
  Object.freeze(caller.capabilities);
  return Object.freeze(caller);
}
