import type { Log } from '@plinth/contracts';
import { createDatabase, type Database } from '@plinth/database';
import { prepareCluster } from './prepare.ts';
import { areDirectChangesTold } from './direct-changes.ts';
import { type Hardening, probeCluster } from './probe.ts';
import { SWEEP_REQUESTS } from './requests.ts';
import type { ClusterSetting } from './setting.ts';

// The clusters of the installation. One that is away at the start is prepared when it is first needed; the others go on.

export interface Cluster {
  name: string;
  database: string;
  mode: 'shared' | 'dedicated';
  setting: ClusterSetting;
  /** As the login that makes workspaces. */
  admin: Database;
  /** Resolves when workspaces can be made there. */
  prepared(): Promise<void>;
  hardening(): Promise<Hardening>;
  /** Whether every change of a schema is heard of: nobody makes them but the API, or the database tells of all. */
  tellsChanges(): boolean;
  /** Its name, and what was found of its hardening when it was prepared. */
  describe(): string;
}

export interface Clusters {
  all: readonly Cluster[];
  named(name: string): Cluster;
  /** Prepares them all, waiting for none that is away. */
  prepare(): Promise<void>;
  describe(): string;
  /** Requests whose keys may be used anew; says how many went. */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

const QUEUE_TIMEOUT_MS = 1_500;

function createCluster(setting: ClusterSetting, log: Log): Cluster {
  const { name, adminUrl, dedicatedTo, sqlCredentials } = setting;
  const admin = createDatabase({
    url: adminUrl,
    poolSize: 4,
    queueTimeoutMs: QUEUE_TIMEOUT_MS,
    applicationName: 'postgres-admin',
    log,
  });
  let preparing: Promise<void> | undefined;
  let level: Hardening['level'] | 'unknown' = 'unknown';
  let areDirectTold = false;

  async function prepare(): Promise<void> {
    await prepareCluster(admin);
    areDirectTold = await areDirectChangesTold(admin);
    const found = await probeCluster(admin);
    level = found.level;
    const details = { cluster: name, hardening: level, open: found.open.map(({ tells }) => tells) };
    if (level === 'weak') log.warn(details, 'workspaces of a cluster can do more than they should');
    else log.info(details, 'a cluster is prepared');
  }

  return {
    name,
    database: decodeURIComponent(new URL(adminUrl).pathname.slice(1)),
    mode: dedicatedTo === undefined ? 'shared' : 'dedicated',
    setting,
    admin,
    prepared() {
      preparing ??= prepare().catch((error: unknown) => {
        preparing = undefined;
        throw error;
      });
      return preparing;
    },
    hardening: () => probeCluster(admin),
    tellsChanges: () => areDirectTold || (dedicatedTo === undefined && !sqlCredentials),
    describe: () => `${name} (hardening: ${level}${sqlCredentials ? ', logins for people' : ''})`,
  };
}

export function createClusters(settings: readonly ClusterSetting[], { log }: { log: Log }): Clusters {
  const all = settings.map((setting) => createCluster(setting, log));
  return {
    all,
    named(name) {
      const cluster = all.find((one) => one.name === name);
      if (!cluster) throw new Error(`workspaces lie on the cluster ${name}, which the settings do not name`);
      return cluster;
    },
    async prepare() {
      const results = await Promise.allSettled(all.map((cluster) => cluster.prepared()));
      for (const [index, result] of results.entries()) {
        if (result.status === 'fulfilled') continue;
        log.warn({ err: result.reason, cluster: all[index]?.name }, 'a cluster could not be prepared yet');
      }
    },
    describe: () => `postgres: ${all.map((cluster) => cluster.describe()).join(', ')}`,
    async sweep() {
      const swept = await Promise.allSettled(
        all.map(({ admin }) => admin.query<{ count: number }>(SWEEP_REQUESTS)),
      );
      // One that is away is swept when it is back.
      return swept.reduce(
        (sum, result) => sum + (result.status === 'fulfilled' ? (result.value[0]?.count ?? 0) : 0),
        0,
      );
    },
    async close() {
      await Promise.all(all.map(({ admin }) => admin.close()));
    },
  };
}
