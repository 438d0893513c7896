import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ServiceName } from '@plinth/contracts';
import { createClosedDatabase, createOwner, forkPostgres, withClient } from '@plinth/embedded';
import { escapeIdentifier } from 'pg';

// A database for each service of a fleet, in it the login that its replicas share: on the Postgres that is named, on that
// of the test run, or where there is neither on one of the fleet's own.

export interface FleetDatabases {
  urlOf(service: ServiceName): string | undefined;
  /** Where the data of workspaces is kept: a superuser's. */
  clusterUrl: string;
  drop(): Promise<void>;
}

export async function makeFleetDatabases(options: {
  superuserUrl: string | undefined;
  services: readonly ServiceName[];
  folder: string;
}): Promise<FleetDatabases> {
  const given = options.superuserUrl ?? process.env.PLINTH_TEST_POSTGRES_URL;
  const dataDir = join(options.folder, 'postgres');
  const own = given ? undefined : await forkPostgres({ dataDir, port: 0, durable: false, temporary: true });
  const superuserUrl = given ?? own?.url ?? '';
  const fleet = `plinth_fleet_${randomBytes(4).toString('hex')}`;
  const made = new Map<ServiceName, { name: string; url: string }>();
  for (const service of options.services) {
    const name = `${fleet}_${service}`;
    const password = randomBytes(18).toString('base64url');
    made.set(service, { name, url: await createOwner({ superuserUrl, name, password, database: name }) });
  }

  const workspaces = `${fleet}_workspaces`;
  const clusterUrl = await createClosedDatabase(superuserUrl, workspaces);

  return {
    clusterUrl,
    urlOf: (service) => made.get(service)?.url,
    async drop() {
      if (own) return own.stop();
      await withClient(superuserUrl, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(workspaces)} WITH (FORCE)`);
        for (const { name } of made.values()) {
          await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
          await client.query(`DROP ROLE IF EXISTS ${escapeIdentifier(name)}`);
        }
      });
    },
  };
}
