import { type DegradedPart, UPSTREAMS, type UpstreamName } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import type { RunningSystem } from '../../systems/system.ts';
import type { Sent } from '../load.ts';
import type { Outcome } from './client.ts';
import type { Installation } from './installation.ts';
import { EXPECTED, type Kind } from './traffic.ts';

// What can be lost, in which ways, and what that may do to callers.

export interface Loss {
  /** What is not well meanwhile, in the words of the platform's health. */
  parts: readonly DegradedPart[];
  /** What is answered as ever. */
  unharmed: readonly Kind[];
  /** Over before anybody has to notice. */
  isBrief?: boolean;
  /** The service whose processes the loss itself ends. */
  ends?: UpstreamName;
  take(its: Installation): Promise<unknown>;
  /** Resolves when it works again. */
  giveBack(its: Installation): Promise<unknown>;
  /** What else holds for the answers meanwhile. */
  check?(during: readonly Sent<Outcome>[]): void;
}

type Way = Pick<Loss, 'take' | 'giveBack' | 'isBrief' | 'ends'>;
type SystemName = 'postgres' | 'redis' | 'keycloak';

const killed = (name: SystemName): Way => ({
  take: (its) => systemOf(its, name).end('SIGKILL'),
  giveBack: (its) => systemOf(its, name).start(),
});

const stopped = (name: SystemName): Way => ({
  // To Postgres SIGTERM means to wait until everybody has left by himself.
  take: (its) => systemOf(its, name).end(name === 'postgres' ? 'SIGINT' : 'SIGTERM'),
  giveBack: (its) => systemOf(its, name).start(),
});

const restarted = (name: SystemName): Way => ({ ...stopped(name), isBrief: true });

const paused = (name: SystemName): Way => ({
  take: (its) => systemOf(its, name).pause(),
  giveBack: (its) => systemOf(its, name).resume(),
});

const systemOf = (its: Installation, name: SystemName): RunningSystem => its[name];

const everyReplicaKilled = (service: UpstreamName): Way => ({
  ends: service,
  take: ({ fleet }) => Promise.all(fleet.replicasOf(service).map((process) => process.kill('SIGKILL'))),
  giveBack: ({ fleet }) => Promise.all(fleet.replicasOf(service).map((process) => process.start())),
});

function everyReplicaPaused(service: UpstreamName): Way {
  const signal = async ({ fleet }: Installation, name: NodeJS.Signals) => {
    for (const process of fleet.replicasOf(service)) process.signal(name);
  };
  return { take: (its) => signal(its, 'SIGSTOP'), giveBack: (its) => signal(its, 'SIGCONT') };
}

const connectionsEnded: Way = {
  isBrief: true,
  take: ({ postgresUrl }) =>
    withClient(postgresUrl, (client) =>
      client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()'),
    ),
  giveBack: async () => undefined,
};

/** Somebody holds a table that every request of tenancy reads, so that all its connections are taken and wait. */
function connectionsTaken(): Way {
  let release = (): void => undefined;
  let holding: Promise<unknown> = Promise.resolve();
  return {
    take: async ({ databaseUrlOf }) => {
      const url = await databaseUrlOf('tenancy');
      await new Promise<void>((isHeld, reject) => {
        holding = withClient(url, async (client) => {
          const { rows } = await client.query<{ name: string }>(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE tablename = 'tenant'",
          );
          await client.query(`BEGIN; LOCK TABLE ${rows[0]?.name} IN ACCESS EXCLUSIVE MODE`);
          isHeld();
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }).catch(reject);
      });
    },
    giveBack: async () => {
      release();
      await holding;
    },
  };
}

const together = (...ways: readonly Way[]): Way => ({
  take: (its) => Promise.all(ways.map((way) => way.take(its))),
  giveBack: (its) => Promise.all(ways.map((way) => way.giveBack(its))),
});

const ALL = Object.keys(EXPECTED) as Kind[];
const REDIS = { parts: ['gateway.limits', 'identity.redis'], unharmed: ALL } as const;
const PROVIDER = {
  parts: ['identity.identityProvider'],
  unharmed: ['read', 'write', 'exchange', 'forged'],
} as const;
const DATABASES = {
  parts: [
    ...UPSTREAMS,
    ...UPSTREAMS.map((service) => `${service}.postgres` as const),
    'identity.tenancy',
    'postgres.clusters',
    'postgres.tenancy',
  ],
  unharmed: ['forged'],
} satisfies Partial<Loss>;
const IDENTITY = { parts: ['identity'], unharmed: ['read', 'write', 'forged'] } as const;
const TENANCY = {
  parts: ['identity.tenancy', 'postgres.tenancy', 'tenancy'],
  unharmed: ['signIn', 'forged'],
} as const;

/** An answer that refuses to wait must not have waited, or hardly. */
const SOON_MS = 5_000;
const sheds: Loss['check'] = (during) => {
  const shed = during.filter(({ outcome }) => outcome?.code === 'OVERLOADED');
  const forged = during.filter(({ kind }) => kind === 'forged');
  if (shed.length === 0 || forged.length === 0) throw new Error('nothing was shed');
  const slow = [...shed, ...forged].filter(({ tookMs }) => tookMs > SOON_MS);
  if (slow.length > 0) throw new Error(`${slow.length} answers that need no connection waited for one`);
};

/** Nobody else stands on these. */
const otherServices = UPSTREAMS.filter((service) => service !== 'identity' && service !== 'tenancy');

export const LOSSES: Readonly<Record<string, Loss>> = {
  'Redis is killed': { ...REDIS, ...killed('redis') },
  'Redis stands still': { ...REDIS, ...paused('redis') },
  'Redis is restarted': { ...REDIS, ...restarted('redis') },
  'Keycloak stands still': { ...PROVIDER, ...paused('keycloak') },
  'Keycloak is stopped and started anew': { ...PROVIDER, ...stopped('keycloak') },
  'Postgres is killed': { ...DATABASES, ...killed('postgres') },
  'Postgres stands still': { ...DATABASES, ...paused('postgres') },
  'Postgres is restarted': { ...DATABASES, ...restarted('postgres') },
  'Postgres ends every connection': { ...DATABASES, ...connectionsEnded },
  'Every connection to Postgres is taken': {
    parts: ['identity.tenancy', 'postgres.tenancy', 'tenancy', 'tenancy.postgres'],
    unharmed: ['signIn', 'forged'],
    ...connectionsTaken(),
    check: sheds,
  },
  'identity is killed': { ...IDENTITY, ...everyReplicaKilled('identity') },
  'identity stands still': { ...IDENTITY, ...everyReplicaPaused('identity') },
  'identity and Redis are killed': {
    // Who tells of revocations is one of the two.
    parts: ['gateway.limits', 'gateway.revocations', 'identity'],
    unharmed: ['read', 'forged'],
    ...together(everyReplicaKilled('identity'), killed('redis')),
    ends: 'identity',
  },
  'tenancy is killed': { ...TENANCY, ...everyReplicaKilled('tenancy') },
  'tenancy stands still': { ...TENANCY, ...everyReplicaPaused('tenancy') },
  ...Object.fromEntries(
    otherServices.map((service): [string, Loss] => [
      `${service} is killed`,
      { parts: [service], unharmed: ALL, ...everyReplicaKilled(service) },
    ]),
  ),
};

/** What else the suite takes away: a process that starts finds none of these. */
export const MISSING_AT_START = {
  providerAndRedis: [
    'gateway.keys',
    'gateway.limits',
    'identity.bootstrapUsers',
    'identity.identityProvider',
    'identity.redis',
  ],
  postgres: UPSTREAMS,
} as const satisfies Record<string, readonly DegradedPart[]>;
