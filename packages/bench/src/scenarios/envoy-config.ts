import { join } from 'node:path';

// Envoy with the gateway's work to do: a token verified once and then known, a limit counted here, an id for the request, and a
// line of log. What a gateway needs besides (an exchange for a passport, limits per caller) it has nothing for.

export interface EnvoyConfigOptions {
  upstreamPort: number;
  issuer: string;
  audience: string;
  jwks: object;
  accessLog: boolean;
}

const HTTP = 'type.googleapis.com/envoy.extensions.filters.http';
const CACHED_TOKENS = 1_000;
const NEVER_USED_UP = 100_000_000;

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } };

export const envoyConfig =
  (options: EnvoyConfigOptions) =>
  ({ port, folder }: { port: number; folder: string }): object => ({
    static_resources: {
      listeners: [
        {
          address: address(port),
          filter_chains: [{ filters: [connectionManager(options, join(folder, 'access.log'))] }],
        },
      ],
      clusters: [
        {
          name: 'upstream',
          type: 'STATIC',
          load_assignment: {
            cluster_name: 'upstream',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(options.upstreamPort) } }] }],
          },
        },
      ],
    },
  });

function connectionManager(options: EnvoyConfigOptions, logFile: string): object {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type':
        'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      stat_prefix: 'bench',
      generate_request_id: true,
      use_remote_address: true,
      ...(options.accessLog && { access_log: [accessLog(logFile)] }),
      route_config: {
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: [{ match: { prefix: '/' }, route: { cluster: 'upstream' } }],
          },
        ],
      },
      http_filters: [
        tokenFilter(options),
        limitFilter(),
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': `${HTTP}.router.v3.Router` },
        },
      ],
    },
  };
}

function tokenFilter({ issuer, audience, jwks }: EnvoyConfigOptions): object {
  return {
    name: 'envoy.filters.http.jwt_authn',
    typed_config: {
      '@type': `${HTTP}.jwt_authn.v3.JwtAuthentication`,
      providers: {
        issuer: {
          issuer,
          audiences: [audience],
          forward: false,
          local_jwks: { inline_string: JSON.stringify(jwks) },
          jwt_cache_config: { jwt_cache_size: CACHED_TOKENS },
        },
      },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'issuer' } }],
    },
  };
}

function limitFilter(): object {
  return {
    name: 'envoy.filters.http.local_ratelimit',
    typed_config: {
      '@type': `${HTTP}.local_ratelimit.v3.LocalRateLimit`,
      stat_prefix: 'limit',
      token_bucket: { max_tokens: NEVER_USED_UP, tokens_per_fill: NEVER_USED_UP, fill_interval: '60s' },
      filter_enabled: always,
      filter_enforced: always,
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
    },
  };
}

/** The fields of the gateway's own line. */
function accessLog(path: string): object {
  return {
    name: 'envoy.access_loggers.file',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
      path,
      log_format: {
        json_format: {
          time: '%START_TIME%',
          service: 'envoy',
          method: '%REQ(:METHOD)%',
          path: '%REQ(:PATH)%',
          status: '%RESPONSE_CODE%',
          durationMs: '%DURATION%',
          correlationId: '%REQ(X-CORRELATION-ID)%',
          requestId: '%REQ(X-REQUEST-ID)%',
          apiVersion: '%REQ(X-API-VERSION)%',
          address: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
          userAgent: '%REQ(USER-AGENT)%',
          upstream: '%UPSTREAM_CLUSTER%',
          flags: '%RESPONSE_FLAGS%',
        },
      },
    },
  };
}
