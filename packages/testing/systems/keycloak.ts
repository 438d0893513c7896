import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { run } from './command.ts';
import { installDebian } from './debian.ts';
import { copyFromMaven } from './maven.ts';
import { freePort, inTemporaryFolder, startServer } from './server-process.ts';
import { type RunningSystem, runAlone, type StartOptions, type System } from './system.ts';

// Two things are slow and always come out the same, so they are kept: the distribution after Keycloak's own `build`,
// and a database with the shipped realms in it. A run links the first and copies the second.

const version = '26.7.3';
const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:tar.gz`;
const shipped = join(import.meta.dirname, '../../../apps/identity/keycloak');

export const keycloak: System = {
  name: 'keycloak',
  summary: `Keycloak ${version} from Maven Central with the realms that Plinth ships. Sets PLINTH_TEST_KEYCLOAK_URL,
PLINTH_TEST_KEYCLOAK_REALM, PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_ID and PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_SECRET, and
PLINTH_TEST_KEYCLOAK_OPERATOR_CLIENT_ID, which has the same secret.
Tokens carry the issuer <PLINTH_TEST_KEYCLOAK_URL>/realms/<PLINTH_TEST_KEYCLOAK_REALM>.`,
  start,
};

export async function start(options: StartOptions): Promise<RunningSystem> {
  const { cache, signal, log } = options;
  await installDebian({ 'openjdk-17-jre-headless': '/usr/bin/java' }, options);
  const distribution = await cached(join(cache, `keycloak-${version}`), (folder) => install(folder, options));
  const realms = await realmsForTests();
  const imported = await cached(
    join(cache, `keycloak-${version}-realms-${digest(realms)}`),
    async (folder) => {
      log('importing the realms');
      await importRealms(folder, realms, distribution, signal);
    },
  );

  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return inTemporaryFolder('keycloak', async (home) => {
    await linkDistribution(distribution, home);
    await cp(join(imported, 'data'), join(home, 'data'), { recursive: true });
    log('starting');
    return {
      name: 'keycloak',
      version,
      origin: `Maven Central's ${artifact}`,
      env: {
        PLINTH_TEST_KEYCLOAK_URL: url,
        PLINTH_TEST_KEYCLOAK_REALM: 'plinth',
        PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_ID: 'plinth-admin',
        PLINTH_TEST_KEYCLOAK_OPERATOR_CLIENT_ID: OPERATOR,
        PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_SECRET: await readFile(join(imported, 'admin-secret'), 'utf8'),
      },
      ...(await startServer({
        name: 'keycloak',
        command: 'java',
        args: javaArgs(home, [
          'start',
          '--optimized',
          // Without this it looks for other nodes on the network.
          '--cache=local',
          '--http-enabled=true',
          '--http-host=127.0.0.1',
          `--http-port=${port}`,
          `--hostname=${url}`,
        ]),
        cwd: home,
        ready: () => answers(`${url}/realms/plinth/.well-known/openid-configuration`),
        readyWithinMs: 240_000,
        stopSignals: ['SIGTERM'],
        signal,
      })),
    };
  });
}

async function install(folder: string, options: StartOptions): Promise<void> {
  await copyFromMaven(artifact, folder, options);
  const archive = join(folder, `keycloak-quarkus-dist-${version}.tar.gz`);
  await run('tar', ['-xzf', archive, '-C', folder, '--strip-components=1']);
  await rm(archive);
  options.log('building');
  await run('java', javaArgs(folder, ['build', '--db=dev-file']), { cwd: folder, signal: options.signal });
}

interface Realm {
  passwordPolicy: string;
  clients: { clientId: string; redirectUris: string[] }[];
  users: object[];
}

/** Stands for the people who run a Keycloak. Plinth's own client may not change the realm. */
const OPERATOR = 'plinth-test-operator';

/** The realms as shipped, but with passwords that are quick to check, for a gateway on any port, and with an operator. */
async function realmsForTests(): Promise<string> {
  const realm: Realm = JSON.parse(await readFile(join(shipped, 'plinth-realm.json'), 'utf8'));
  const master: object = JSON.parse(await readFile(join(shipped, 'master-realm.json'), 'utf8'));
  realm.passwordPolicy += ' and hashAlgorithm(pbkdf2-sha256) and hashIterations(1)';
  for (const client of realm.clients) {
    if (client.redirectUris.length > 0) client.redirectUris = ['http://127.0.0.1:*'];
  }
  const [plinth] = realm.clients.filter(({ clientId }) => clientId === 'plinth-admin');
  if (plinth) realm.clients.push({ ...plinth, clientId: OPERATOR });
  realm.users.push({
    username: `service-account-${OPERATOR}`,
    enabled: true,
    serviceAccountClientId: OPERATOR,
    clientRoles: { 'realm-management': ['manage-realm'] },
  });
  return JSON.stringify([master, realm]);
}

async function importRealms(
  folder: string,
  realms: string,
  distribution: string,
  signal: AbortSignal,
): Promise<void> {
  const home = join(folder, 'home');
  const file = join(folder, 'realms.json');
  const secret = randomBytes(24).toString('base64url');
  await mkdir(home);
  await linkDistribution(distribution, home);
  await writeFile(file, realms);
  await writeFile(join(folder, 'admin-secret'), secret, { mode: 0o600 });
  await run('java', javaArgs(home, ['import', '--optimized', `--file=${file}`]), {
    cwd: home,
    // Gateways under test listen on any port: Keycloak lets a loopback address without one stand for all.
    env: { ...process.env, PLINTH_ADMIN_CLIENT_SECRET: secret, PLINTH_PUBLIC_URL: 'http://127.0.0.1' },
    signal,
  });
  await cp(join(home, 'data'), join(folder, 'data'), { recursive: true });
  await rm(home, { recursive: true });
}

/** A Keycloak home of its own: the programs are shared, `data` is not. */
async function linkDistribution(distribution: string, home: string): Promise<void> {
  for (const name of await readdir(distribution)) {
    if (name !== 'data') await symlink(join(distribution, name), join(home, name));
  }
}

/** What `bin/kc.sh` would run. The script keeps Java as a child, which outlives it when it is killed. */
function javaArgs(home: string, args: string[]): string[] {
  const opened = ['java.util', 'java.util.concurrent', 'java.security', 'java.lang'];
  return [
    ...['-Xms64m', '-Xmx384m', '-XX:MaxMetaspaceSize=256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    '--enable-native-access=ALL-UNNAMED',
    '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
    '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
    `-Dkc.home.dir=${home}`,
    `-Djboss.server.config.dir=${join(home, 'conf')}`,
    ...['-cp', join(home, 'lib/quarkus-run.jar'), 'io.quarkus.bootstrap.runner.QuarkusEntryPoint'],
    ...args,
  ];
}

async function answers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

if (import.meta.main) await runAlone(keycloak);
