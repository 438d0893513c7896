import { isPlinthError, PlinthError } from '../plinth-error.ts';
import { singleFlight } from '../single-flight.ts';

/**
 * Asked for a token before every attempt, so it should keep the one it has. When the server refused a token, it is
 * asked once more with that token, and should answer with another.
 */
export type TokenFunction = (refused?: string) => Promise<string>;

/** A token, an API key, or a function that gives a token. */
export type Auth = string | { apiKey: string } | TokenFunction;

export interface Credential {
  /** The value of the Authorization header. */
  authorization(refused?: string): Promise<string>;
  /** Whether a refused one can be replaced. */
  readonly renewable: boolean;
}

const BEARER = 'Bearer ';

export function createCredential(auth: Auth): Credential {
  if (typeof auth !== 'function') {
    const value = typeof auth === 'string' ? `${BEARER}${auth}` : `Api-Key ${auth.apiKey}`;
    return { authorization: async () => value, renewable: false };
  }
  const tokenOnce = singleFlight(async (refused: string | undefined) => auth(refused));
  return {
    renewable: true,
    async authorization(refused) {
      try {
        return BEARER + (await tokenOnce(refused?.slice(BEARER.length)));
      } catch (cause) {
        if (isPlinthError(cause)) throw cause;
        throw new PlinthError('AUTH_FAILED', { message: 'The token function failed', cause });
      }
    },
  };
}
