import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceKeyFiles } from '@plinth/passport';
import { HOST } from './ports.ts';
import type { ServiceEntry, Site } from './services.ts';

// What one process of this machine is started with.

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

export const entryOf = ({ main }: ServiceEntry): string => join(REPOSITORY, main);

export interface Place {
  site: Site;
  inherited: Record<string, string>;
  keys: ServiceKeyFiles;
  port: number;
  internalPort: number;
  /** The process's own default where it is undefined. */
  shutdownDelayMs: number | undefined;
  databaseUrl: string | undefined;
  /** Of the database that the data of workspaces is kept in, with a login that makes roles there. */
  clusterUrl: string | undefined;
}

export function environmentOf(entry: ServiceEntry, place: Place): Record<string, string> {
  const { site, inherited, keys } = place;
  return definedOnly({
    ...inherited,
    HOST,
    PORT: String(place.port),
    INTERNAL_PORT: String(place.internalPort),
    SHUTDOWN_DELAY_MS: place.shutdownDelayMs?.toString(),
    LOG_LEVEL: site.settings.LOG_LEVEL,
    SERVICE_KEYS_FILE: keys.keysFileOf(entry.name),
    TRUSTED_KEYS_FILE: keys.trustedKeysFile,
    OTEL_EXPORTER_OTLP_ENDPOINT: site.settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    DATABASE_URL: place.databaseUrl,
    CLUSTERS: place.clusterUrl && clustersOf(place.clusterUrl),
    ...entry.settings(site),
  });
}

/** Whoever runs Plinth on one machine is its one operator: they may connect to the data of workspaces themselves. */
const clustersOf = (adminUrl: string): string =>
  JSON.stringify([{ name: 'main', adminUrl, sqlCredentials: true }]);

function definedOnly(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
