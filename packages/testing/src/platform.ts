import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '@plinth/contracts';

// The whole platform, as `npm start` runs it, in a home and on a port of its own: on the embedded systems, or on the
// real ones where the environment names them.

const ENTRY = join(import.meta.dirname, '../../local/src/main.ts');
const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 15_000;
const HOME_FORMAT = '1';

export interface PlatformUser {
  email: string;
  password: string;
}

export type PlatformUsers = Record<'owner' | 'viewer' | 'stranger' | 'outsider' | 'shared', PlatformUser>;

export interface Platform {
  url: string;
  home: string;
  organizationId: string;
  /** The organization that the stranger owns. */
  otherOrganizationId: string;
  users: PlatformUsers;
  stop(): Promise<void>;
}

const user = (name: string): PlatformUser => ({
  email: `${name}@plinth.test`,
  password: `${name}-Passw0rd-1x`,
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return address.port;
}

/** Two organizations: the owner and the viewer are of the first, the stranger of the second, one user of both, one of none. */
async function writeBootstrap(home: string, users: PlatformUsers) {
  const organizationId = newId('organization');
  const otherOrganizationId = newId('organization');
  const member = ({ email }: PlatformUser, role: string) => ({ email, role });
  const { owner, viewer, stranger, shared } = users;
  const bootstrap = {
    organizations: [
      {
        id: organizationId,
        slug: 'first',
        displayName: 'First',
        members: [member(owner, 'owner'), member(viewer, 'viewer'), member(shared, 'developer')],
      },
      {
        id: otherOrganizationId,
        slug: 'second',
        displayName: 'Second',
        members: [member(stranger, 'owner'), member(shared, 'viewer')],
      },
    ],
    users: Object.entries(users).map(([displayName, { email, password }]) => ({
      email,
      password,
      displayName,
    })),
  };
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFile(join(home, 'plinth-home'), `${HOME_FORMAT}\n`);
  await writeFile(join(home, 'bootstrap.json'), JSON.stringify(bootstrap), { mode: 0o600 });
  return { organizationId, otherOrganizationId };
}

/** The real systems that a run has been given, in the words of `npm start`. */
function realSystems(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  if (env.PLINTH_TEST_REAL !== '1') return {};
  return {
    PLINTH_POSTGRES_URL: env.PLINTH_TEST_POSTGRES_URL,
    REDIS_URL: env.PLINTH_TEST_REDIS_URL,
    KEYCLOAK_URL: env.PLINTH_TEST_KEYCLOAK_URL,
    KEYCLOAK_REALM: env.PLINTH_TEST_KEYCLOAK_REALM,
    KEYCLOAK_ADMIN_CLIENT_ID: env.PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_ID,
    KEYCLOAK_ADMIN_CLIENT_SECRET: env.PLINTH_TEST_KEYCLOAK_ADMIN_CLIENT_SECRET,
  };
}

async function untilReady(child: ChildProcess, localFile: string, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break;
    // Written when everything is ready, and not before.
    if (await readFile(localFile).then(Boolean, () => false)) return;
    await sleep(50);
  }
  throw new Error(`The platform did not become ready:\n${output()}`);
}

export async function startPlatform(settings: Record<string, string> = {}): Promise<Platform> {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-platform-'));
  // As root, Postgres runs as a user of its own, who has to pass through.
  await chmod(folder, 0o711);
  const home = join(folder, 'home');
  const port = await freePort();
  const users = {
    owner: user('owner'),
    viewer: user('viewer'),
    stranger: user('stranger'),
    outsider: user('outsider'),
    shared: user('shared'),
  };
  const organizations = await writeBootstrap(home, users);
  const child = spawn(process.execPath, [ENTRY], {
    env: {
      ...process.env,
      ...realSystems(process.env),
      PLINTH_HOME: home,
      PLINTH_PORT: String(port),
      PLINTH_ADMIN_EMAIL: users.owner.email,
      PLINTH_ADMIN_PASSWORD: users.owner.password,
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));

  async function stop(): Promise<void> {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      const killed = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await once(child, 'exit');
      clearTimeout(killed);
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    await untilReady(child, join(home, 'local.json'), () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, home, ...organizations, users, stop };
}
