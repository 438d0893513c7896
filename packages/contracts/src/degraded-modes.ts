import type { ErrorCode } from './errors.ts';
import type { UpstreamName } from './upstreams.ts';

// What goes on and what is refused while a part of the platform is lost, by the name that the part has in its health. These
// are promises: health tells them while they apply, and the suite of lost parts takes each part away and holds them to it.

export interface DegradedMode {
  /** What does not work, or not as well. */
  affects: string;
  stillWorks: string;
  /** What a request that needs the part is answered. Where there is nothing, none is refused. */
  refusedWith: readonly ErrorCode[];
  /** From the moment that the part is back until nothing is refused for it any more. */
  recoversWithinSeconds: number;
}

/** No process of a service answers, or none in time. A passport is made by identity, which asks tenancy. */
const AWAY = ['AUTH_UNAVAILABLE', 'SERVICE_UNAVAILABLE', 'BAD_GATEWAY', 'UPSTREAM_TIMEOUT'] as const;
const lostService = (affects: string, stillWorks: string): DegradedMode => ({
  affects,
  stillWorks,
  refusedWith: AWAY,
  recoversWithinSeconds: 5,
});

/** The database is away, does not answer, or lets nobody in. */
const NO_DATABASE = [
  'AUTH_UNAVAILABLE',
  'DATABASE_UNAVAILABLE',
  'IDEMPOTENCY_UNAVAILABLE',
  'OVERLOADED',
  'UPSTREAM_TIMEOUT',
] as const;
const lostDatabase = (affects: string, stillWorks: string): DegradedMode => ({
  affects,
  stillWorks,
  refusedWith: NO_DATABASE,
  recoversWithinSeconds: 3,
});

const OF_IDENTITY =
  'signing in, `/v1/me`, API keys, and callers whose passport ends: it lasts a minute at most';
const OF_TENANCY = 'organizations, tenants and workspaces, `/v1/me`, and callers whose passport ends';

export const DEGRADED_MODES = {
  identity: lostService(OF_IDENTITY, 'callers that hold a passport'),
  'identity.postgres': lostDatabase(OF_IDENTITY, 'callers that hold a passport'),
  'identity.identityProvider': {
    affects:
      'signing in, refreshing a token, what is in the realms of tenants, and new secrets for the OAuth clients of service accounts',
    stillWorks: 'everything for callers who are signed in',
    // Keycloak guards against guessing: of two sign-ins of one person that had waited for its return it refuses one.
    refusedWith: ['AUTH_UNAVAILABLE', 'INVALID_GRANT'],
    recoversWithinSeconds: 3,
  },
  'identity.bootstrapUsers': {
    affects: 'signing in as a user of the bootstrap file who has not been made yet',
    stillWorks: 'everything else',
    refusedWith: ['AUTH_UNAVAILABLE', 'INVALID_GRANT'],
    recoversWithinSeconds: 30,
  },
  'identity.tenancy': lostService(
    '`/v1/me`, and callers whose passport ends',
    'signing in, and callers that hold a passport',
  ),
  tenancy: lostService(OF_TENANCY, 'signing in'),
  'tenancy.postgres': lostDatabase(OF_TENANCY, 'signing in'),
  'identity.redis': {
    affects: 'how soon every gateway knows what was revoked: in a second, and not at once',
    stillWorks: 'everything',
    refusedWith: [],
    recoversWithinSeconds: 5,
  },
  postgres: lostService('rows, functions and tables of workspaces', 'every other service'),
  'postgres.postgres': lostDatabase(
    'changes of tables, and workspaces whose data was not used in the last minute',
    'the rows of all others',
  ),
  'postgres.clusters': lostDatabase('workspaces whose data is there', 'all other workspaces'),
  'postgres.tenancy': {
    affects:
      'how soon the logins of a workspace that is suspended or deleted are closed to who connects to Postgres',
    stillWorks: 'rows, functions and tables of workspaces',
    refusedWith: [],
    recoversWithinSeconds: 5,
  },
  'gateway.keys': {
    affects: 'tokens signed with a new key; after a day without the issuer, all tokens',
    stillWorks: 'tokens signed with a key that is known',
    refusedWith: ['AUTH_UNAVAILABLE', 'TOKEN_INVALID'],
    recoversWithinSeconds: 30,
  },
  'gateway.limits': {
    affects: 'rate limits: each gateway counts its share alone, half of it for who signs in or guesses',
    stillWorks: 'everything, within those limits',
    refusedWith: [],
    recoversWithinSeconds: 10,
  },
  'gateway.revocations': {
    affects: 'every change: whoever asks for it may have lost the right to, and nobody can tell',
    stillWorks: 'reading, with the passports that callers hold, and signing in',
    refusedWith: ['REVOCATIONS_UNCONFIRMED'],
    recoversWithinSeconds: 3,
  },
} satisfies Record<UpstreamName | `${UpstreamName}.postgres`, DegradedMode> & Record<string, DegradedMode>;

export type DegradedPart = keyof typeof DEGRADED_MODES;
export const DEGRADED_PARTS = Object.keys(DEGRADED_MODES) as DegradedPart[];

const byName = new Map<string, DegradedMode>(Object.entries(DEGRADED_MODES));
export const degradedModeOf = (part: string): DegradedMode | undefined => byName.get(part);
