import { isPlinthError } from '../plinth-error.ts';
import { singleFlight } from '../single-flight.ts';
import type { TokenFunction } from './credential.ts';
import type { Tokens } from './token-endpoint.ts';

// Keeps a token fresh: a new one is fetched shortly before the old one ends, or at once when the server refused it, by
// one request however many calls wait for it.

const MARGIN_MS = 30_000;
/** A token that lives very short is used for most of its life at least. */
const MARGIN_SHARE = 0.2;

export interface TokenSource {
  signIn(): Promise<Tokens>;
  refresh(refreshToken: string): Promise<Tokens>;
}

interface Held extends Tokens {
  readonly freshUntil: number;
}

export function keepToken({ signIn, refresh }: TokenSource, now: () => number = Date.now): TokenFunction {
  let held: Held | undefined;

  async function fetchTokens(): Promise<Tokens> {
    const refreshToken = held?.refreshToken;
    if (refreshToken === undefined) return signIn();
    try {
      return await refresh(refreshToken);
    } catch (error) {
      // Refused: the session is over, and the credentials begin another.
      if (isPlinthError(error) && error.status >= 400 && error.status < 500 && error.status !== 429) {
        return signIn();
      }
      throw error;
    }
  }

  const renew = singleFlight(async (_: 'the one token') => {
    const askedAt = now();
    const tokens = await fetchTokens();
    const lifeMs = tokens.expiresIn * 1_000;
    held = { ...tokens, freshUntil: askedAt + lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE) };
    return held.accessToken;
  });

  return async (refused) => {
    if (held && held.accessToken !== refused && now() < held.freshUntil) return held.accessToken;
    return renew('the one token');
  };
}
