import type { ServiceName } from '@plinth/contracts';
import {
  createMasterKey,
  createPassportVerifier,
  createServiceTokenMinter,
  createServiceTokenVerifier,
  createSigner,
  createTrust,
  type MasterKey,
  type PassportVerifier,
  type ServiceTokenMinter,
  type ServiceTokenVerifier,
  type Signer,
} from '@plinth/passport';
import type { Logger } from 'pino';
import { createLogger } from './logging.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createTracing, type Tracing } from './telemetry.ts';

export interface KitSettings {
  LOG_LEVEL: string;
  PLINTH_MASTER_KEY: string;
  SERVICE_KEYS_FILE: string;
  TRUSTED_KEYS_FILE: string;
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
}

/** What every process is made of before it does anything of its own. */
export interface Kit {
  log: Logger;
  metrics: Metrics;
  tracing: Tracing;
  masterKey: MasterKey;
  signer: Signer;
  passports: PassportVerifier;
  serviceTokens: ServiceTokenVerifier;
  serviceTokenMinter: ServiceTokenMinter;
}

export function createKit(service: ServiceName, settings: KitSettings): Kit {
  const log = createLogger({ name: service, level: settings.LOG_LEVEL });
  const masterKey = createMasterKey(settings.PLINTH_MASTER_KEY);
  const signer = createSigner({ service, keysFile: settings.SERVICE_KEYS_FILE, log });
  const trust = createTrust({ trustedKeysFile: settings.TRUSTED_KEYS_FILE, log });
  return {
    log,
    metrics: createMetrics(service),
    tracing: createTracing(service, settings.OTEL_EXPORTER_OTLP_ENDPOINT),
    masterKey,
    signer,
    passports: createPassportVerifier({ trust, service }),
    serviceTokens: createServiceTokenVerifier({ trust, service }),
    serviceTokenMinter: createServiceTokenMinter(signer),
  };
}
