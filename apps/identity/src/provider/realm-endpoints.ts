import { Pool } from 'undici';
import { z } from 'zod';
import { toRefusal, unavailable } from './oauth-errors.ts';
import { type ProviderTokens, providerTokensSchema, type TokenRequest } from './provider.ts';

// The two endpoints of a realm that identity itself calls. Keycloak and the embedded provider share their layout.

const DEADLINE_MS = 4_000;
const CONNECTIONS = 32;

const discoverySchema = z.object({ issuer: z.string() });

export interface RealmEndpoints {
  token(request: TokenRequest): Promise<ProviderTokens>;
  /** Fails unless the realm answers and calls itself by the issuer that tokens are checked against. */
  check(): Promise<void>;
  close(): Promise<void>;
}

interface RealmOptions {
  /** The realm's URL, as this machine reaches it. */
  url: string;
  issuerUrl: string;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Both providers tell of 0 seconds where there is no refresh token. */
function withoutEmptyRefresh({ refresh_expires_in, ...tokens }: ProviderTokens): ProviderTokens {
  return tokens.refresh_token === undefined || refresh_expires_in === undefined
    ? tokens
    : { ...tokens, refresh_expires_in };
}

export function createRealmEndpoints({ url, issuerUrl }: RealmOptions): RealmEndpoints {
  const { origin, pathname } = new URL(url);
  const base = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    connect: { timeout: DEADLINE_MS },
    // The deadline covers the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async function post(body: string) {
    try {
      const {
        statusCode,
        headers,
        body: answer,
      } = await pool.request({
        method: 'POST',
        path: `${base}/protocol/openid-connect/token`,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body,
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      const retryAfter = headers['retry-after'];
      return {
        status: statusCode,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
        body: parseJson(await answer.text()),
      };
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  return {
    async token(request) {
      const answer = await post(new URLSearchParams(request).toString());
      if (answer.status !== 200) throw toRefusal(answer, request.grant_type);
      const tokens = providerTokensSchema.safeParse(answer.body);
      if (!tokens.success)
        throw unavailable(new Error('the provider answered without tokens', { cause: tokens.error }));
      return withoutEmptyRefresh(tokens.data);
    },
    async check() {
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: `${base}/.well-known/openid-configuration`,
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      const { issuer } = discoverySchema.parse(parseJson(await body.text()));
      if (statusCode !== 200 || issuer !== issuerUrl) {
        throw new Error(`the provider at ${url} answers ${statusCode} as ${issuer}`);
      }
    },
    close: () => pool.destroy(),
  };
}
