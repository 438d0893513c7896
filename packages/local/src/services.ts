import {
  internalUrlSettings,
  type ServiceName,
  UPSTREAMS,
  type UpstreamName,
  urlSettings,
} from '@plinth/contracts';
import type { LocalSettings } from './env.ts';
import type { Home } from './home.ts';

// What runs on this machine, one entry a service. Whatever every service is given (ports, keys) is not repeated here.

export interface Site {
  settings: LocalSettings;
  home: Home;
  publicUrl: string;
  /** The `iss` of tokens, and where this machine reaches the keys that they are signed with. */
  issuerUrl: string;
  jwksUrl: string;
  /** Where each replica of it listens. */
  urlsOf: (service: ServiceName) => readonly string[];
  /** Where they answer for their health, in the same order. */
  internalUrlsOf: (service: ServiceName) => readonly string[];
}

const EMBEDDED_REALM = '/realms/plinth';
const CERTIFICATES = '/protocol/openid-connect/certs';

/** The addresses that follow from the others. */
export function createSite(basis: Omit<Site, 'issuerUrl' | 'jwksUrl'>): Site {
  const { settings, publicUrl, urlsOf } = basis;
  const keycloak = `${settings.KEYCLOAK_URL?.replace(/\/$/, '')}/realms/${settings.KEYCLOAK_REALM}`;
  const realms = settings.KEYCLOAK_URL ? [keycloak] : urlsOf('identity').map((url) => url + EMBEDDED_REALM);
  return {
    ...basis,
    issuerUrl: settings.KEYCLOAK_URL ? keycloak : publicUrl + EMBEDDED_REALM,
    jwksUrl: listed(realms.map((realm) => realm + CERTIFICATES)),
  };
}

const listed = (urls: readonly string[]): string => urls.join(',');

export interface ServiceEntry {
  name: ServiceName;
  /** From the repository's root. */
  main: string;
  /** The services that must be ready before it. */
  after: readonly ServiceName[];
  hasDatabase: boolean;
  /** Of its own database, where it is not named like the service. */
  login?: string;
  /** Keeps the data of workspaces. */
  hasCluster?: true;
  /** What it needs of outside systems besides a database, as the banner tells it. */
  standsOn?: (settings: LocalSettings) => string;
  settings: (site: Site) => Record<string, string | undefined>;
}

const providerOf = ({ KEYCLOAK_URL }: LocalSettings): string => (KEYCLOAK_URL ? 'keycloak' : 'embedded');

/** A service that needs nothing but its database. */
const app = (name: UpstreamName): ServiceEntry => ({
  name,
  main: `apps/${name}/src/main.ts`,
  after: [],
  hasDatabase: true,
  settings: ({ home }) => ({ PLINTH_MASTER_KEY: home.masterKey }),
});

export const SERVICE_TABLE: readonly ServiceEntry[] = [
  {
    ...app('tenancy'),
    settings: ({ settings, home, urlsOf }) => ({
      PLINTH_MASTER_KEY: home.masterKey,
      BOOTSTRAP_FILE: home.bootstrapFile,
      SIGNUPS: settings.PLINTH_SIGNUPS,
      IDENTITY_URL: listed(urlsOf('identity')),
    }),
  },
  {
    ...app('identity'),
    standsOn: ({ KEYCLOAK_URL }) => (KEYCLOAK_URL ? `Keycloak at ${KEYCLOAK_URL}` : 'embedded issuer'),
    settings: ({ settings, home, issuerUrl, urlsOf }) => ({
      PLINTH_MASTER_KEY: home.masterKey,
      BOOTSTRAP_FILE: home.bootstrapFile,
      SIGNUPS: settings.PLINTH_SIGNUPS,
      API_KEY_STAGE: settings.API_KEY_STAGE,
      REDIS_URL: settings.REDIS_URL,
      TENANCY_URL: listed(urlsOf('tenancy')),
      ISSUER_URL: issuerUrl,
      IDENTITY_PROVIDER: providerOf(settings),
      KEYCLOAK_URL: settings.KEYCLOAK_URL,
      KEYCLOAK_REALM: settings.KEYCLOAK_REALM,
      KEYCLOAK_ADMIN_CLIENT_ID: settings.KEYCLOAK_ADMIN_CLIENT_ID,
      KEYCLOAK_ADMIN_CLIENT_SECRET: settings.KEYCLOAK_ADMIN_CLIENT_SECRET,
    }),
  },
  // The superuser of most installations is called postgres.
  {
    ...app('postgres'),
    login: 'postgres_service',
    hasCluster: true,
    settings: ({ home, urlsOf }) => ({
      PLINTH_MASTER_KEY: home.masterKey,
      TENANCY_URL: listed(urlsOf('tenancy')),
    }),
  },
  {
    name: 'gateway',
    main: 'gateway/src/main.ts',
    after: UPSTREAMS,
    hasDatabase: false,
    standsOn: ({ REDIS_URL }) => (REDIS_URL ? 'Redis for shared limits and revocations' : 'local limits'),
    settings: ({ settings, publicUrl, issuerUrl, jwksUrl, urlsOf, internalUrlsOf }) => ({
      PUBLIC_URL: publicUrl,
      ...urlSettings((service) => listed(urlsOf(service))),
      ...internalUrlSettings((service) => listed(internalUrlsOf(service))),
      IDENTITY_PROVIDER: providerOf(settings),
      ISSUER_URL: issuerUrl,
      JWKS_URL: jwksUrl,
      REDIS_URL: settings.REDIS_URL,
      GATEWAY_REPLICAS: String(urlsOf('gateway').length),
      PLINTH_STRICT_HEADERS: String(settings.PLINTH_STRICT_HEADERS),
    }),
  },
];
