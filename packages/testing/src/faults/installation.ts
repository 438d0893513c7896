import type { UpstreamName } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import { keycloak } from '../../systems/keycloak.ts';
import { postgres } from '../../systems/postgres.ts';
import { redis } from '../../systems/redis.ts';
import { type RunningSystem, startOwn } from '../../systems/system.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';

// A whole installation of this suite's own, down to its Postgres, Redis and Keycloak, so that it may take any of them away.

export interface Installation {
  fleet: Fleet;
  postgres: RunningSystem;
  redis: RunningSystem;
  keycloak: RunningSystem;
  /** Of a superuser. */
  postgresUrl: string;
  /** The same superuser in the database of a service. */
  databaseUrlOf(service: UpstreamName): Promise<string>;
  stop(): Promise<void>;
}

/** The collector of traces is away all along, and nobody notices. */
const NOBODY_LISTENS = 'http://127.0.0.1:1';
const PER_MINUTE_UNLIMITED = '100000';

function settingsOf(systems: readonly RunningSystem[]): Record<string, string> {
  const given: Record<string, string> = Object.assign({}, ...systems.map(({ env }) => env));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const own = name.replace('PLINTH_TEST_', '');
      return [own === 'POSTGRES_URL' ? 'PLINTH_POSTGRES_URL' : own, value];
    }),
  );
}

async function databaseUrlOf(postgresUrl: string, service: UpstreamName): Promise<string> {
  const { rows } = await withClient(postgresUrl, (client) =>
    client.query<{ name: string }>('SELECT datname AS name FROM pg_database WHERE datname LIKE $1', [
      `%\\_${service}`,
    ]),
  );
  const url = new URL(postgresUrl);
  url.pathname = `/${rows[0]?.name}`;
  return url.href;
}

export async function startInstallation(): Promise<Installation> {
  const started = await Promise.allSettled([startOwn(postgres), startOwn(redis), startOwn(keycloak)]);
  const systems = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stopSystems = () => Promise.all(systems.map((system) => system.stop()));
  const [ownPostgres, ownRedis, ownKeycloak] = systems;
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    if (!ownPostgres || !ownRedis || !ownKeycloak) throw new Error('a system did not start');
    const settings = settingsOf(systems);
    const postgresUrl = settings.PLINTH_POSTGRES_URL ?? '';
    // Test clusters acknowledge commits that they have not written yet, and a kill would lose those.
    await withClient(postgresUrl, (client) => client.query('ALTER ROLE ALL SET synchronous_commit = on'));
    const fleet = await startFleet({
      settings: { ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: NOBODY_LISTENS },
      settingsOf: ({ service }) =>
        service === 'gateway'
          ? { AUTH_REQUESTS_PER_MINUTE: PER_MINUTE_UNLIMITED, REFUSALS_PER_MINUTE: PER_MINUTE_UNLIMITED }
          : {},
    });
    return {
      fleet,
      postgres: ownPostgres,
      redis: ownRedis,
      keycloak: ownKeycloak,
      postgresUrl,
      databaseUrlOf: (service) => databaseUrlOf(postgresUrl, service),
      async stop() {
        await fleet.stop();
        await stopSystems();
      },
    };
  } catch (error) {
    await stopSystems();
    throw error;
  }
}
