import { fileURLToPath } from 'node:url';
import type { ServiceName } from '@plinth/contracts';
import {
  closeDatabase,
  createClosedDatabase,
  createOwner,
  type KeeperMessage,
  type KeeperOptions,
  POSTGRES_KEEPER,
} from '@plinth/embedded';
import { createMasterKey, serviceKeyFiles } from '@plinth/passport';
import { entryOf, environmentOf } from './environment.ts';
import { keptPort } from './kept-port.ts';
import { createPorts, HOST } from './ports.ts';
import { createSite, SERVICE_TABLE, type ServiceEntry, type Site } from './services.ts';
import type { ProcessSpec } from './supervisor/child.ts';

// From the table of services to the processes of one start: ports, addresses and everything that goes into an environment.

export interface LocalProcess {
  spec: ProcessSpec;
  address: string;
  standsOn: string;
}

interface Address {
  port: number;
  internalPort: number;
}

const POSTGRES = 'database';
const DATABASE = 'plinth';
const WORKSPACES = 'workspaces';

const urlAt = (port: number): string => `http://${HOST}:${port}`;

const isReadyMessage = (message: unknown): message is Extract<KeeperMessage, { ready: unknown }> =>
  typeof message === 'object' && message !== null && 'ready' in message;

/** The embedded Postgres, and the URL of its superuser once it is ready. */
function embeddedPostgres(dataDir: string, port: number, env: Record<string, string>) {
  let superuserUrl: string | undefined;
  const options: KeeperOptions = { dataDir, port };
  const process: LocalProcess = {
    address: `${HOST}:${port}`,
    standsOn: 'embedded PostgreSQL 18',
    spec: {
      name: POSTGRES,
      after: [],
      launch: () => ({ entry: fileURLToPath(POSTGRES_KEEPER), args: [JSON.stringify(options)], env }),
      readiness: {
        kind: 'message',
        accept: (message) => {
          if (!isReadyMessage(message)) return false;
          superuserUrl = message.ready.url;
          return true;
        },
      },
    },
  };
  return { process, superuserUrl: () => superuserUrl };
}

export type SiteBasis = Pick<Site, 'settings' | 'home' | 'publicUrl'>;

export async function describeProcesses(
  basis: SiteBasis,
  inherited: Record<string, string>,
): Promise<LocalProcess[]> {
  const { settings, home } = basis;
  const nextPort = createPorts();
  const postgresPort = settings.PLINTH_POSTGRES_URL ? undefined : await keptPort(home.postgresPort, nextPort);
  const addresses = new Map<ServiceName, Address>();
  for (const { name } of SERVICE_TABLE) {
    const port = name === 'gateway' ? settings.PLINTH_PORT : await nextPort();
    addresses.set(name, { port, internalPort: await nextPort() });
  }
  const addressOf = (name: ServiceName): Address => {
    const address = addresses.get(name);
    if (!address) throw new Error(`${name} is not in the table of services`);
    return address;
  };
  const site = createSite({
    ...basis,
    urlsOf: (name) => [urlAt(addressOf(name).port)],
    internalUrlsOf: (name) => [urlAt(addressOf(name).internalPort)],
  });

  const embedded =
    postgresPort === undefined ? undefined : embeddedPostgres(home.postgresDir, postgresPort, inherited);
  const masterKey = createMasterKey(home.masterKey);
  const keys = serviceKeyFiles(home.keysDir);

  function superuserUrlOf(): string {
    const url = settings.PLINTH_POSTGRES_URL ?? embedded?.superuserUrl();
    if (!url) throw new Error('there is no Postgres to make databases in');
    return url;
  }

  async function databaseUrlOf({ name: service, login: name = service }: ServiceEntry): Promise<string> {
    const [password] = masterKey.derive(`database-password:${name}`);
    if (!password) throw new Error('the master key has no version');
    const superuserUrl = superuserUrlOf();
    return createOwner({ superuserUrl, name, password: password.toString('base64url'), database: DATABASE });
  }

  async function clusterUrlOf(): Promise<string> {
    const superuserUrl = superuserUrlOf();
    // Nobody else has a say in the embedded server: what comes with it is closed to workspaces.
    if (embedded)
      for (const database of ['postgres', 'template1']) await closeDatabase(superuserUrl, database);
    return createClosedDatabase(superuserUrl, WORKSPACES);
  }

  function describe(entry: ServiceEntry): LocalProcess {
    const { port, internalPort } = addressOf(entry.name);
    const needsPostgres = entry.hasDatabase && embedded !== undefined;
    const postgres = entry.hasDatabase ? (embedded ? 'embedded Postgres' : 'your Postgres') : undefined;
    const launchEnv = async () =>
      environmentOf(entry, {
        site,
        inherited,
        keys,
        port,
        internalPort,
        // There is nobody else to go to, and somebody waits for the end.
        shutdownDelayMs: 0,
        databaseUrl: entry.hasDatabase ? await databaseUrlOf(entry) : undefined,
        clusterUrl: entry.hasCluster ? await clusterUrlOf() : undefined,
      });
    return {
      address: urlAt(port),
      standsOn: [postgres, entry.standsOn?.(settings)].filter(Boolean).join(', '),
      spec: {
        name: entry.name,
        after: [...(needsPostgres ? [POSTGRES] : []), ...entry.after],
        launch: async () => ({ entry: entryOf(entry), env: await launchEnv() }),
        readiness: { kind: 'http', url: `${urlAt(internalPort)}/health/ready` },
      },
    };
  }

  return [...(embedded ? [embedded.process] : []), ...SERVICE_TABLE.map(describe)];
}
