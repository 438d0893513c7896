import { AppError, isIdOf, type RateLimit, type Scope, toRatesHeader } from '@plinth/contracts';
import { shownKeyOf } from './authenticate/api-key.ts';
import type { TokenVerifier } from './authenticate/token-verifier.ts';
import { CHALLENGE, type Credential, refuseCredentialInQuery } from './credential.ts';
import type { Exchange } from './exchange.ts';
import type { Decision } from './limit/decision.ts';
import type { Limiter } from './limit/limiter.ts';
import { spread, tellRateLimits } from './limit/rate-limit-headers.ts';
import type { Granted, Identified, PassportPlace, Passports } from './passport.ts';
import { changesSomething, checkHeaders, type RequestHeaders } from './request-headers.ts';
import type { Confirmation } from './revocation/confirmation.ts';
import type { Epochs } from './revocation/epochs.ts';
import { findRoute, type Route, type RouteMatch } from './routes.ts';
import { callsOf, MAX_BATCH } from './typed-error.ts';

// The policy, once for requests and for upgrades: correlate → version → authenticate → limit. Whoever comes back from
// here may be proxied; whoever may not is thrown out with an AppError.

export interface Admission {
  route: Route;
  granted: Granted;
  workspaceId: string | undefined;
  /** What was counted, for a service that tells it. */
  rates?: string | undefined;
}

export type Admit = (exchange: Exchange) => Promise<Admission>;

export interface AdmitOptions {
  routes: readonly Route[];
  strictHeaders: boolean;
  verifier: TokenVerifier;
  passports: Passports;
  limiter: Limiter;
  epochs: Epochs;
  confirmation: Confirmation;
  /** Requests a minute from one address to the token routes, and refusals a minute before it is told to wait. */
  addressLimits: { auth: number; refusals: number };
}

export function createAdmit(options: AdmitOptions): Admit {
  const { routes, strictHeaders, passports, limiter, epochs, confirmation, addressLimits } = options;

  return async function admit(exchange) {
    const match = findRoute(routes, exchange.path);
    if (!match) throw new AppError('NOT_FOUND');
    const { route } = match;
    exchange.route = route;

    refuseCredentialInQuery(exchange.search);
    const place = placeOf(match, checkHeaders(exchange, route, strictHeaders), exchange);
    const granted = passports.kept(place) ?? (await authenticate(exchange, place));
    exchange.principal = granted.principal;
    const taken = limiter.take(withAddress(exchange, route, granted.limits), costOf(exchange), route.limit);
    const decision = taken instanceof Promise ? await taken : taken;
    tell(exchange, decision);
    if (!decision.allowed) throw tooMany(decision);
    // The limiter may have heard just now that it is revoked: identity says what is left, and nothing is counted again.
    const current = epochs.isCurrent(granted) ? granted : await authenticate(exchange, place);
    if (route.credential === 'required' && changesSomething(exchange)) confirmation.check();
    const rates = route.tellsRates ? toRatesHeader(decision.policies) : undefined;
    return { route, granted: current, workspaceId: place.scope.workspaceId, rates };
  };

  async function authenticate(exchange: Exchange, place: PassportPlace): Promise<Granted> {
    try {
      return await identify(options, exchange, place);
    } catch (error) {
      if (error instanceof AppError && error.status < 500) await countRefusal(exchange);
      throw error instanceof AppError && error.status === 401 ? challenged(error) : error;
    }
  }

  /** Guessing costs the guesser's address, never the one whose credential is guessed. */
  async function countRefusal(exchange: Exchange): Promise<void> {
    const quota = addressLimits.refusals;
    const decision = await limiter.take(
      [{ policy: 'refusals', key: `refusals:${exchange.clientAddress}`, quota, windowSeconds: 60 }],
      1,
      'auth',
    );
    if (decision.allowed) return;
    tell(exchange, decision);
    throw tooMany(decision);
  }

  function withAddress(exchange: Exchange, route: Route, limits: readonly RateLimit[]): readonly RateLimit[] {
    if (route.limit !== 'auth') return limits;
    const key = `auth:${exchange.clientAddress}`;
    return [{ policy: 'address', key, quota: addressLimits.auth, windowSeconds: 60 }, ...limits];
  }
}

function tell({ answerHeaders }: Exchange, decision: Decision): void {
  tellRateLimits(decision, answerHeaders);
  if (decision.degraded) answerHeaders['x-degraded'] = 'ratelimit-local';
}

function tooMany({ violated, retryAfter }: Decision): AppError {
  return new AppError('RATE_LIMITED', {
    details: { violatedPolicies: violated },
    retryAfter: spread(retryAfter),
  });
}

async function identify(
  { verifier, passports }: AdmitOptions,
  exchange: Exchange,
  place: PassportPlace,
): Promise<Granted> {
  const identified = await read(verifier, place.credential, exchange.clientAddress);
  exchange.principal = identified.token?.subject;
  if (identified.token?.endUser && !exchange.route?.endUsers) throw notForEndUsers();
  return passports.get({ ...place, ...identified }, exchange);
}

/** What can be told of a credential here: a token whole, of a key only that it is well formed. */
async function read(
  verifier: TokenVerifier,
  credential: Credential | undefined,
  clientAddress: string,
): Promise<Identified> {
  if (credential === undefined) return {};
  const { secret, isApiKey } = credential;
  if (isApiKey) return { key: shownKeyOf(secret) };
  const token = await verifier.verify(secret);
  return isIdOf('serviceAccount', token.clientId) ? { token, usedFrom: clientAddress } : { token };
}

const notForEndUsers = () =>
  new AppError('PERMISSION_DENIED', {
    message: "A token of a tenant's own realm opens the data of that tenant, and nothing else",
    details: { principal: 'endUser', whoCanGrant: 'nobody', advice: 'sign in as a member' },
  });

function placeOf(
  { route, scope }: RouteMatch,
  { credential, ...named }: RequestHeaders,
  exchange: Exchange,
): PassportPlace {
  const { organization, service } = route;
  const clientAddress = credential?.isApiKey ? exchange.clientAddress : undefined;
  return { credential, clientAddress, scope: scopeFor(scope, named), organization, service };
}

/** The path says it first; a path that names nothing leaves it to the headers. */
function scopeFor(scope: Scope, headers: Pick<RequestHeaders, 'organizationId' | 'workspaceId'>): Scope {
  const { organizationId, workspaceId } = headers;
  if ((scope.organizationId ?? scope.tenantId ?? scope.workspaceId) !== undefined) return scope;
  if (workspaceId !== undefined) return { workspaceId };
  return organizationId === undefined ? scope : { organizationId };
}

function costOf({ dialect, path, search }: Exchange): number {
  if (dialect !== 'typed') return 1;
  const calls = callsOf(path, search);
  if (calls > MAX_BATCH) throw new AppError('BATCH_NOT_ALLOWED');
  return calls;
}

function challenged(error: AppError): AppError {
  const { code, message, details, retryAfter, headers, cause } = error;
  return new AppError(code, {
    message,
    cause,
    ...(details && { details }),
    ...(retryAfter !== undefined && { retryAfter }),
    headers: {
      ...CHALLENGE,
      'www-authenticate': `${CHALLENGE['www-authenticate']}, error="invalid_token"`,
      ...headers,
    },
  });
}
