import {
  DEPRECATED_VERSIONS,
  type IdentityInternal,
  internalUrlSettingOf,
  perUpstream,
  UPSTREAMS,
  urlSettingOf,
} from '@plinth/contracts';
import { createServiceTokenMinter, createSigner } from '@plinth/passport';
import { createReplicas, createServiceCaller } from '@plinth/rpc';
import { createLogger, createTracing, type LineBuffer } from '@plinth/service';
import packageJson from '../package.json' with { type: 'json' };
import { createAccessLog } from './access-log.ts';
import { createAdmit } from './admit.ts';
import { jwksUrlsOf } from './authenticate/realms.ts';
import { createTokenVerifier } from './authenticate/token-verifier.ts';
import { createCors } from './cors.ts';
import { docsRoutes } from './docs/docs-routes.ts';
import { createOpenApi } from './docs/openapi.ts';
import type { Settings } from './env.ts';
import { createLimiter } from './limit/limiter.ts';
import { createGatewayMetrics } from './metrics.ts';
import { createPassports } from './passport.ts';
import { createDependencies } from './platform/dependencies.ts';
import { ownDocument } from './platform/own-document.ts';
import { platformRoutes } from './platform/platform-routes.ts';
import { createReadiness } from './platform/readiness.ts';
import { createConfirmation } from './revocation/confirmation.ts';
import { createEpochs } from './revocation/epochs.ts';
import { startPolling } from './revocation/polling.ts';
import { routesFor } from './routes.ts';
import { createTrustedProxies } from './trusted-proxies.ts';

/** Less than what may pass without a confirmation, so that there is time to ask again. */
const POLL_TIMEOUT_MS = 2_000;

export function createDeps(settings: Settings, output: LineBuffer) {
  const log = createLogger({ name: 'gateway', level: settings.LOG_LEVEL, output });
  const metrics = createGatewayMetrics();
  const tracing = createTracing('gateway', settings.OTEL_EXPORTER_OTLP_ENDPOINT);
  const routes = routesFor(settings.IDENTITY_PROVIDER);
  const services = perUpstream((service) => createReplicas(settings[urlSettingOf(service)]));

  const epochs = createEpochs();
  const confirmation = createConfirmation();
  const limiter = createLimiter({
    redisUrl: settings.REDIS_URL,
    replicas: settings.GATEWAY_REPLICAS,
    news: { heard: epochs.hear, confirmed: confirmation.confirm },
    log,
  });
  const serviceTokens = createServiceTokenMinter(
    createSigner({ service: 'gateway', keysFile: settings.SERVICE_KEYS_FILE, log }),
  );
  const identity = createServiceCaller<IdentityInternal>({
    service: 'identity',
    replicas: services.identity,
    mintServiceToken: (call) => serviceTokens.mint(call),
  });
  const realmsBase = settings.ISSUER_URL.slice(0, settings.ISSUER_URL.lastIndexOf('/') + 1);
  const verifier = createTokenVerifier({
    issuerUrl: settings.ISSUER_URL,
    jwksUrls: settings.JWKS_URL,
    audience: settings.TOKEN_AUDIENCE,
    clients: settings.TOKEN_CLIENTS,
    async findRealm(issuer) {
      // Identity judges the whole of it; this only spares it what cannot be a realm of this installation.
      if (!issuer.startsWith(realmsBase)) return undefined;
      const { realmId } = await identity.call('realm.find', { issuer }, { correlationId: 'issuer-lookup' });
      return realmId === null ? undefined : { id: realmId, jwksUrls: jwksUrlsOf(realmId, settings.JWKS_URL) };
    },
    log,
  });
  metrics.degradations({
    keysStaleSeconds: verifier.keysStaleSeconds,
    limiting: limiter.degradation,
    revocationsAgeSeconds: confirmation.ageSeconds,
  });
  const polling = startPolling({
    ask: (after) =>
      identity.call(
        'revocation.since',
        { ...(after !== undefined && { after }) },
        { correlationId: 'revocation-poll', signal: AbortSignal.timeout(POLL_TIMEOUT_MS) },
      ),
    epochs,
    confirmation,
    log,
  });
  const passports = createPassports({
    epochs,
    exchange: (input, { correlationId, traceparent }) =>
      identity.call('passport.exchange', input, { correlationId, traceparent }),
  });

  const admit = createAdmit({
    routes,
    strictHeaders: settings.PLINTH_STRICT_HEADERS,
    verifier,
    passports,
    limiter,
    epochs,
    confirmation,
    addressLimits: { auth: settings.AUTH_REQUESTS_PER_MINUTE, refusals: settings.REFUSALS_PER_MINUTE },
  });

  const readiness = createReadiness(
    UPSTREAMS.flatMap((service) => {
      const internalUrls = settings[internalUrlSettingOf(service)];
      return internalUrls ? [{ service, internalUrls, replicas: services[service] }] : [];
    }),
  );
  const dependencies = createDependencies(readiness, {
    verifier,
    limiter,
    sharedLimits: settings.REDIS_URL !== undefined,
    revocations: confirmation,
  });

  const { version } = packageJson;
  const openApi = createOpenApi({
    services: UPSTREAMS.map((name) => ({ name, urls: settings[urlSettingOf(name)] })),
    publicUrl: settings.PUBLIC_URL,
    own: (apiVersion) => ownDocument(version, apiVersion),
    log,
  });

  return {
    log,
    metrics,
    tracing,
    // The gateway answers by itself what it can, so nothing behind it takes it out of service.
    checks: [],
    admit,
    epochs,
    routes,
    ownRoutes: [
      ...platformRoutes({ version, deprecations: DEPRECATED_VERSIONS, dependencies }),
      ...openApi.routes(),
      ...docsRoutes(),
    ],
    services,
    publicUrl: settings.PUBLIC_URL,
    proxies: createTrustedProxies(settings.TRUSTED_PROXIES),
    cors: createCors(settings.CORS_ORIGINS),
    deprecations: DEPRECATED_VERSIONS,
    accessLog: createAccessLog(output),
    async close() {
      polling.stop();
      readiness.close();
      verifier.close();
      limiter.close();
      await identity.close();
      await tracing.close();
    },
  };
}
