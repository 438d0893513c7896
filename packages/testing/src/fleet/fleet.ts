import { randomInt } from 'node:crypto';
import { dirname } from 'node:path';
import { SERVICES, type ServiceName } from '@plinth/contracts';
import {
  createPorts,
  createSite,
  entryOf,
  environmentOf,
  HOST,
  inheritedEnv,
  localSettings,
  openHome,
  SERVICE_TABLE,
  type ServiceEntry,
} from '@plinth/local';
import { createServiceTokenMinter, createSigner, writeServiceKeys } from '@plinth/passport';
import { type PlatformHome, preparePlatformHome, realSystems } from '../platform-home.ts';
import { makeFleetDatabases } from './fleet-databases.ts';
import { createFleetProcess, type FleetProcess } from './fleet-process.ts';

// The platform as it runs in production: several gateways and several replicas of every service on one Postgres, and
// nobody who restarts what ends. On the embedded systems, or on the real ones where the environment names them.

export interface FleetOptions {
  /** In the words of `npm start`: `PLINTH_SIGNUPS`, `PLINTH_POSTGRES_URL`, `REDIS_URL`, `KEYCLOAK_URL`, `LOG_LEVEL`. */
  settings?: Record<string, string>;
  /** How many there are of each; two unless it says otherwise. */
  replicas?: Partial<Record<ServiceName, number>>;
  /** For how long a process that is asked to stop serves on; as in production unless it is said. */
  shutdownDelayMs?: number;
  /** Settings of single processes, over those that they are given anyway. */
  settingsOf?: (process: { name: string; service: ServiceName }) => Record<string, string>;
}

export interface Fleet extends Omit<PlatformHome, 'remove'> {
  /** The first gateway: the URL that the platform knows itself by. */
  url: string;
  /** Every gateway. */
  urls: readonly string[];
  processes: readonly FleetProcess[];
  /** Of a superuser, in the database that workspaces are kept in. */
  clusterUrl: string;
  replicasOf(service: ServiceName): readonly FleetProcess[];
  /** What one service shows another when it calls it as itself. */
  serviceToken(from: ServiceName, to: ServiceName): Promise<string>;
  /** What all of them wrote last: for the message of a failed test. */
  logs(): string;
  stop(): Promise<void>;
}

interface Address {
  name: string;
  port: number;
  internalPort: number;
}

const urlAt = (port: number): string => `http://${HOST}:${port}`;

async function chooseAddresses(replicas: FleetOptions['replicas']): Promise<Map<ServiceName, Address[]>> {
  const nextPort = createPorts();
  const addresses = new Map<ServiceName, Address[]>();
  for (const service of SERVICES) {
    const of: Address[] = [];
    for (let i = 1; i <= (replicas?.[service] ?? 2); i++) {
      of.push({ name: `${service}-${i}`, port: await nextPort(), internalPort: await nextPort() });
    }
    addresses.set(service, of);
  }
  return addresses;
}

/** Not the one that other platforms of the same run count their limits in. */
function ownDatabase(redisUrl: string): string {
  const url = new URL(redisUrl);
  url.pathname = `/${randomInt(1, 16)}`;
  return url.href;
}

export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  const { settings = {}, replicas, settingsOf, shutdownDelayMs } = options;
  const platform = await preparePlatformHome();
  const home = openHome(platform.home);
  const keys = await writeServiceKeys({ directory: home.keysDir, services: SERVICES });
  const systems = realSystems(process.env);
  const given = localSettings.parse({
    LOG_LEVEL: 'warn',
    ...systems,
    ...(systems.REDIS_URL && { REDIS_URL: ownDatabase(systems.REDIS_URL) }),
    ...settings,
  });
  const databases = await makeFleetDatabases({
    superuserUrl: given.PLINTH_POSTGRES_URL,
    services: SERVICE_TABLE.flatMap(({ name, hasDatabase }) => (hasDatabase ? [name] : [])),
    // Beside the home, which is closed to the user that Postgres runs as.
    folder: dirname(platform.home),
  });
  const addresses = await chooseAddresses(replicas);
  const addressesOf = (service: ServiceName): Address[] => addresses.get(service) ?? [];
  const urls = addressesOf('gateway').map(({ port }) => urlAt(port));
  const [url = ''] = urls;

  const site = createSite({
    settings: given,
    home,
    publicUrl: url,
    urlsOf: (service) => addressesOf(service).map(({ port }) => urlAt(port)),
    internalUrlsOf: (service) => addressesOf(service).map(({ internalPort }) => urlAt(internalPort)),
  });

  function describe(entry: ServiceEntry): FleetProcess[] {
    return addressesOf(entry.name).map(({ name, port, internalPort }) => {
      const env = environmentOf(entry, {
        site,
        inherited: inheritedEnv(process.env),
        keys,
        port,
        internalPort,
        shutdownDelayMs,
        databaseUrl: databases.urlOf(entry.name),
        clusterUrl: entry.hasCluster && databases.clusterUrl,
      });
      return createFleetProcess({
        name,
        service: entry.name,
        url: urlAt(port),
        internalUrl: urlAt(internalPort),
        entry: entryOf(entry),
        env: { ...env, ...settingsOf?.({ name, service: entry.name }) },
      });
    });
  }

  const processes = SERVICE_TABLE.flatMap(describe);
  const replicasOf = (service: ServiceName) => processes.filter((process) => process.service === service);
  const serviceToken = (from: ServiceName, to: ServiceName): Promise<string> => {
    const signer = createSigner({ service: from, keysFile: keys.keysFileOf(from) });
    return createServiceTokenMinter(signer).mint({ audience: to });
  };
  const logs = () => processes.map((process) => process.log()).join('\n');

  async function stop(): Promise<void> {
    await Promise.all(processes.map((process) => process.pid() !== undefined && process.kill()));
    await databases.drop().finally(platform.remove);
  }

  /** All services at once, then the gateways: those would find their services later, but are ready without them. */
  async function start(): Promise<void> {
    const gateways = replicasOf('gateway');
    try {
      await Promise.all(processes.map((process) => gateways.includes(process) || process.start()));
      await Promise.all(gateways.map((process) => process.start()));
    } catch (error) {
      await stop();
      throw error;
    }
  }

  await start();
  return {
    ...platform,
    url,
    urls,
    clusterUrl: databases.clusterUrl,
    processes,
    replicasOf,
    serviceToken,
    logs,
    stop,
  };
}
