import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@plinth/contracts';

// What a platform under test begins with: a state folder of its own, and in its bootstrap file the people that tests sign
// in as.

const HOME_FORMAT = '1';

export interface PlatformUser {
  email: string;
  password: string;
}

export type PlatformUsers = Record<'owner' | 'viewer' | 'stranger' | 'outsider' | 'shared', PlatformUser>;

export interface PlatformHome {
  home: string;
  organizationId: string;
  /** The organization that the stranger owns. */
  otherOrganizationId: string;
  users: PlatformUsers;
  remove(): Promise<void>;
}

const user = (name: string): PlatformUser => ({
  email: `${name}@plinth.test`,
  password: `${name}-Passw0rd-1x`,
});

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

export async function preparePlatformHome(): Promise<PlatformHome> {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-platform-'));
  // As root, Postgres runs as a user of its own, who has to pass through.
  await chmod(folder, 0o711);
  const home = join(folder, 'home');
  const users = {
    owner: user('owner'),
    viewer: user('viewer'),
    stranger: user('stranger'),
    outsider: user('outsider'),
    shared: user('shared'),
  };
  return {
    home,
    ...(await writeBootstrap(home, users)),
    users,
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The real systems that a run has been given, in the words of `npm start`. */
export function realSystems(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
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
