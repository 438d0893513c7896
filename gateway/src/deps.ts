import {
  type IdentityInternal,
  internalUrlSettingOf,
  type Log,
  perUpstream,
  urlSettingOf,
} from '@plinth/contracts';
import { createServiceTokenMinter, createSigner } from '@plinth/passport';
import { createServiceCaller } from '@plinth/rpc';
import { createHealth, createMetrics } from '@plinth/service';
import packageJson from '../package.json' with { type: 'json' };
import { createAccessLog } from './access-log.ts';
import { createAdmit } from './admit.ts';
import type { GatewayDeps } from './app.ts';
import { createTokenVerifier } from './authenticate/token-verifier.ts';
import { createCors } from './cors.ts';
import { docsRoutes } from './docs/docs-routes.ts';
import { createOpenApi } from './docs/openapi.ts';
import type { Env } from './env.ts';
import type { LineBuffer } from './line-buffer.ts';
import { createLimiter } from './limit/limiter.ts';
import { createGatewayMetrics } from './metrics.ts';
import { createPassports } from './passport.ts';
import { createDependencies } from './platform/dependencies.ts';
import { ownDocument } from './platform/own-document.ts';
import { platformRoutes } from './platform/platform-routes.ts';
import { routesFor } from './routes.ts';
import { createTrustedProxies } from './trusted-proxies.ts';

export function createDeps(env: Env, log: Log, output: LineBuffer) {
  const routes = routesFor(env.IDENTITY_PROVIDER);
  const services = perUpstream((service) => env[urlSettingOf(service)]);
  const metrics = createMetrics('gateway');

  const verifier = createTokenVerifier({
    issuerUrl: env.ISSUER_URL,
    jwksUrl: env.JWKS_URL,
    audience: env.TOKEN_AUDIENCE,
    clients: env.TOKEN_CLIENTS,
    log,
  });
  const limiter = createLimiter({ redisUrl: env.REDIS_URL, replicas: env.GATEWAY_REPLICAS, log });

  const serviceTokens = createServiceTokenMinter(
    createSigner({ service: 'gateway', keysFile: env.SERVICE_KEYS_FILE, log }),
  );
  const identity = createServiceCaller<IdentityInternal>({
    service: 'identity',
    url: env.IDENTITY_URL,
    mintServiceToken: (call) => serviceTokens.mint(call),
  });
  const passports = createPassports({
    exchange: (input, { correlationId, traceparent }) =>
      identity.call('passport.exchange', input, { correlationId, traceparent }),
  });

  const admit = createAdmit({
    routes,
    strictHeaders: env.PLINTH_STRICT_HEADERS,
    verifier,
    passports,
    limiter,
    addressLimits: { auth: env.AUTH_REQUESTS_PER_MINUTE, refusals: env.REFUSALS_PER_MINUTE },
  });

  const dependencies = createDependencies(
    perUpstream((service) => env[internalUrlSettingOf(service)]),
    { verifier, limiter, sharedLimits: env.REDIS_URL !== undefined },
  );

  const { version } = packageJson;
  const openApi = createOpenApi({
    services: Object.entries(services).map(([name, url]) => ({ name, url })),
    publicUrl: env.PUBLIC_URL,
    own: ownDocument(version),
    log,
  });

  const gateway: GatewayDeps = {
    admit,
    routes,
    ownRoutes: [...platformRoutes({ version, dependencies }), ...openApi.routes(), ...docsRoutes()],
    services,
    publicUrl: env.PUBLIC_URL,
    proxies: createTrustedProxies(env.TRUSTED_PROXIES),
    cors: createCors(env.CORS_ORIGINS),
    log,
    accessLog: createAccessLog(output),
    metrics: createGatewayMetrics(metrics.registry),
  };

  return {
    gateway,
    // The gateway answers by itself what it can, so nothing behind it takes it out of service.
    health: createHealth({ service: 'gateway', checks: [], metrics }),
    async close() {
      verifier.close();
      limiter.close();
      await identity.close();
    },
  };
}
