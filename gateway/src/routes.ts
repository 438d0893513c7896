import { type Scope, type ServiceName, UPSTREAMS } from '@plinth/contracts';
import type { LimitClass } from './limit/limiter.ts';
import { segmentsOf } from './path.ts';

// The table of what is public. A path that no row begins is not there, whatever a service may answer on it; nor is one that
// a service could read otherwise than this table does.

export interface Route {
  prefix: string;
  /** The segments after the prefix that it is for, where others of the prefix go elsewhere; `*` is any. */
  below?: readonly string[];
  service: ServiceName;
  /** Which id the path names, and by which of its segments: the credential is exchanged for that scope. */
  scope: readonly ScopeSegment[];
  /** `own`: whatever is sent is the service's to read; elsewhere none sees a credential. */
  credential: 'required' | 'none' | 'own';
  organization: 'required' | 'optional';
  /** `auth`: few requests per client address, besides what the caller's own limits say. */
  limit: LimitClass;
  carrier: 'json' | 'stream';
  /** Media types whose bodies may be of any length: they go by the stream carrier, as they come. */
  streamed?: readonly string[];
  /** Whether the platform dialect's required headers apply. */
  headers: 'dialect' | 'none';
  idempotency: 'required' | 'optional';
  /** Its service tells callers where they stand with their limits, so it is told what was counted. */
  tellsRates?: true;
  /** Its path names no workspace; the header does. */
  workspaceHeader?: true;
  /** Where more is let through than a JSON body of a procedure. */
  maxBodyBytes?: number;
  /** Whether the end users of a tenant's own realm may come in: to its data, and nowhere else. */
  endUsers?: true;
}

export interface ScopeSegment {
  /** How many segments of the path come before the id. */
  after: readonly string[];
  names: keyof Scope;
}

export interface RouteMatch {
  route: Route;
  scope: Scope;
}

const CALLER_ROUTE = {
  scope: [],
  credential: 'required',
  organization: 'required',
  limit: 'caller',
  carrier: 'json',
  headers: 'dialect',
  idempotency: 'required',
} as const satisfies Partial<Route>;

const OPEN_ROUTE = { ...CALLER_ROUTE, credential: 'none', organization: 'optional', limit: 'auth' } as const;
const TOKEN_ROUTE = { ...OPEN_ROUTE, credential: 'own' } as const;

/** The embedded identity provider answers below `/realms`; a Keycloak has an address of its own. */
const EMBEDDED_PROVIDER: Route = {
  ...TOKEN_ROUTE,
  prefix: '/realms',
  service: 'identity',
  limit: 'caller',
  carrier: 'stream',
  headers: 'none',
  idempotency: 'optional',
};

const REST_ROUTES: readonly Route[] = [
  {
    ...TOKEN_ROUTE,
    prefix: '/v1/auth',
    service: 'identity',
    idempotency: 'optional',
  },
  { ...CALLER_ROUTE, prefix: '/v1/me', service: 'identity', organization: 'optional', tellsRates: true },
  // It says why somebody may not do something, also to who belongs nowhere, and changes nothing.
  {
    ...CALLER_ROUTE,
    prefix: '/v1/authz',
    service: 'identity',
    organization: 'optional',
    idempotency: 'optional',
  },
  // Whoever finds a key that leaked can say so.
  { ...OPEN_ROUTE, prefix: '/v1/api-keys/report', service: 'identity', idempotency: 'optional' },
  { ...CALLER_ROUTE, prefix: '/v1/api-keys', service: 'identity' },
  { ...CALLER_ROUTE, prefix: '/v1/service-accounts', service: 'identity' },
  { ...CALLER_ROUTE, prefix: '/v1/iam', service: 'identity' },
  {
    ...CALLER_ROUTE,
    prefix: '/v1/tenants',
    service: 'tenancy',
    scope: [{ after: ['v1', 'tenants'], names: 'tenantId' }],
  },
  {
    ...CALLER_ROUTE,
    prefix: '/v1/workspaces',
    below: ['*', 'credentials'],
    service: 'postgres',
    scope: [{ after: ['v1', 'workspaces'], names: 'workspaceId' }],
  },
  {
    ...CALLER_ROUTE,
    prefix: '/v1/workspaces',
    service: 'tenancy',
    scope: [{ after: ['v1', 'workspaces'], names: 'workspaceId' }],
  },
  {
    ...CALLER_ROUTE,
    prefix: '/api/v1/organizations',
    service: 'tenancy',
    organization: 'optional',
    scope: [
      { after: ['api', 'v1', 'organizations', '*', 'tenants'], names: 'tenantId' },
      { after: ['api', 'v1', 'organizations'], names: 'organizationId' },
    ],
  },
  {
    ...CALLER_ROUTE,
    prefix: '/v1/postgres',
    service: 'postgres',
    scope: [{ after: ['v1', 'postgres'], names: 'workspaceId' }],
    endUsers: true,
    maxBodyBytes: 10 * 1024 * 1024,
    streamed: ['text/csv', 'application/x-ndjson', 'application/ndjson'],
  },
];

const TYPED_ROUTES: readonly Route[] = UPSTREAMS.map((service) => ({
  ...CALLER_ROUTE,
  prefix: `/trpc/${service}`,
  service,
  organization: 'optional',
  ...(service === 'identity' && { tellsRates: true }),
  ...(service === 'postgres' && { workspaceHeader: true, endUsers: true }),
}));

export function routesFor(provider: 'embedded' | 'keycloak'): readonly Route[] {
  return [...REST_ROUTES, ...TYPED_ROUTES, ...(provider === 'embedded' ? [EMBEDDED_PROVIDER] : [])];
}

export function findRoute(routes: readonly Route[], path: string): RouteMatch | undefined {
  let segments: readonly string[] | undefined;
  const isFor = ({ prefix, below }: Route): boolean => {
    if (!path.startsWith(prefix) || (path.length > prefix.length && path[prefix.length] !== '/'))
      return false;
    if (!below) return true;
    segments ??= segmentsOf(path);
    const first = prefix.split('/').length - 1;
    return below.every((part, i) => part === '*' || part === segments?.[first + i]);
  };
  const route = routes.find(isFor);
  segments ??= route && segmentsOf(path);
  return route && segments && { route, scope: scopeOf(route.scope, segments) };
}

/** Of a request with a body of this media type. */
export function carrierOf({ carrier, streamed }: Route, contentType: string | undefined): Route['carrier'] {
  if (!streamed || contentType === undefined) return carrier;
  const [type = ''] = contentType.split(';', 1);
  return streamed.includes(type.trim().toLowerCase()) ? 'stream' : carrier;
}

/** The first row that fits names the scope: a scope holds one id, the innermost. */
function scopeOf(rows: readonly ScopeSegment[], segments: readonly string[]): Scope {
  for (const { after, names } of rows) {
    const id = segments[after.length];
    if (id && after.every((part, i) => part === '*' || part === segments[i])) return { [names]: id };
  }
  return {};
}
