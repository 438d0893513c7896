import { AppError, type Caller, type Log } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { MasterKey } from '@plinth/passport';
import type { Clusters } from '../cluster/clusters.ts';
import type { Tenancy } from '../tenancy.ts';
import { chooseCluster } from './choose-cluster.ts';
import { createFollow } from './follow.ts';
import { passwordOf as derivePassword } from './password.ts';
import { type Login, loginName, type Owner, type Place } from './place.ts';
import { type PlacementRow, placementRepo } from './placement.repo.ts';
import { cancelSession } from './provision.ts';
import { createSettle } from './settle.ts';
import { createSweep } from './sweep.ts';

// A workspace gets its place in a cluster at its first use, and keeps it. Where that is, and whether it may be used, is a row of
// this service; the cluster follows the row.

const CACHED = 10_000;
const CACHED_MS = 60_000;
const MISTRUSTED_EVERY_SECONDS = 10;

interface PlacementDeps {
  database: Database;
  clusters: Clusters;
  masterKey: MasterKey;
  tenancy: Pick<Tenancy, 'changes' | 'states'>;
  log: Log;
}

function ownerOf({ workspaceId, tenantId, organizationId }: Caller): Owner {
  if (workspaceId === undefined || tenantId === undefined || organizationId === undefined) {
    throw new AppError('WORKSPACE_NOT_FOUND');
  }
  return { workspaceId, tenantId, organizationId };
}

/** The identifier of a workspace without its prefix is a ULID; anything else would not be a name of ours. */
function schemaOf(workspaceId: string): string {
  const [, ulid] = /^wks_([0-9A-Z]{26})$/.exec(workspaceId) ?? [];
  if (ulid === undefined) throw new AppError('WORKSPACE_NOT_FOUND');
  return `ws_${ulid.toLowerCase()}`;
}

function checkUsable({ state, workspaceId }: PlacementRow): void {
  if (state === 'purged') throw new AppError('WORKSPACE_NOT_FOUND');
  if (state === 'disabled') {
    throw new AppError('WORKSPACE_CAPABILITY_REQUIRED', { details: { workspaceId, capability: 'postgres' } });
  }
}

export function createPlacements({ database, clusters, masterKey, tenancy, log }: PlacementDeps) {
  const placements = placementRepo(database);
  const cache = new Map<string, { place: Place; until: number }>();
  const opening = new Map<string, Promise<Place>>();
  const [newestVersion = 0] = masterKey.versions;

  function passwordOf(place: Place, login: Login): string {
    const password = derivePassword(masterKey, place, login);
    if (password !== undefined) return password;
    throw new Error(`the master key has no version ${place.passwordVersion} any more`);
  }

  const settle = createSettle({ database, clusters, passwordOf });
  const onChange = (workspaceId: string): boolean => cache.delete(workspaceId);
  const { hear, follow } = createFollow({ database, tenancy, onChange, log });

  /** The row is committed before anything is made: a cluster, once chosen, is where every later attempt goes on. */
  const reserve = (owner: Owner): Promise<PlacementRow | undefined> =>
    database.transaction(async (tx) => {
      const repo = placementRepo(tx);
      await repo.lockChoice();
      const known = await repo.find(owner.workspaceId);
      if (known) return known;
      const { name: cluster, ...chosen } = chooseCluster(clusters.all, owner, await repo.countByCluster());
      return repo.insert({
        ...owner,
        cluster,
        database: chosen.database,
        mode: chosen.mode,
        schema: schemaOf(owner.workspaceId),
        passwordVersion: newestVersion,
      });
    });

  /** A password stays with the version that it was made of for as long as that is known, so that replicas agree while keys change. */
  async function withKnownPassword(row: PlacementRow): Promise<PlacementRow> {
    const { workspaceId, passwordVersion } = row;
    if (masterKey.versions.includes(passwordVersion)) return row;
    const renewed = await placements.setPasswordVersion(workspaceId, passwordVersion, newestVersion);
    return renewed ?? (await placements.find(workspaceId)) ?? row;
  }

  /** The passport may be a minute old; without tenancy it is believed until that is back. */
  async function begin(owner: Owner): Promise<PlacementRow | undefined> {
    const row = await reserve(owner);
    try {
      if (row) await hear([row]);
    } catch (err) {
      log.warn({ err, workspace: owner.workspaceId }, 'tenancy cannot be asked about a new workspace');
    }
    return placements.find(owner.workspaceId);
  }

  async function open(owner: Owner): Promise<Place> {
    const row = (await placements.find(owner.workspaceId)) ?? (await begin(owner));
    if (!row) throw new AppError('WORKSPACE_NOT_FOUND');
    checkUsable(row);
    const settled = await settle(await withKnownPassword(row));
    checkUsable(settled);
    remember(settled);
    return settled;
  }

  /** A look-up changes nothing, so the oldest goes first, whether it was used of late or not. */
  function remember(place: Place): void {
    const [oldest] = cache.keys();
    if (cache.size >= CACHED && oldest !== undefined) cache.delete(oldest);
    cache.set(place.workspaceId, { place, until: Date.now() + CACHED_MS });
  }

  const sweep = createSweep({
    database,
    clusters,
    settle: async (row) => settle(await withKnownPassword(row)),
    log,
  });

  return {
    /** Of the workspace in the caller's passport; its first use makes it. */
    async placeOf(caller: Caller): Promise<Place> {
      const owner = ownerOf(caller);
      const { workspaceId } = owner;
      const known = cache.get(workspaceId);
      if (known && known.until > Date.now()) return known.place;
      const begun = opening.get(workspaceId);
      if (begun) return begun;
      const promise = open(owner).finally(() => opening.delete(workspaceId));
      opening.set(workspaceId, promise);
      return promise;
    },

    passwordOf,

    /** Where a login connects: the api through the pool that a cluster may have, the owner always directly. */
    urlOf(place: Place, login: Login): string {
      const { setting } = clusters.named(place.cluster);
      const url = new URL(login === 'api' ? (setting.url ?? setting.adminUrl) : setting.adminUrl);
      url.username = loginName(place, login);
      url.password = passwordOf(place, login);
      url.pathname = `/${encodeURIComponent(place.database)}`;
      return url.href;
    },

    cancel: (place: Place, pid: number) => cancelSession(clusters.named(place.cluster).admin, place, pid),

    poolModeOf: (place: Place) => clusters.named(place.cluster).setting.poolMode,

    /**
     * One of its logins was not let in. Another replica may have disabled it, or a function of the workspace changed the
     * password of the login that it ran as: at its next use it is looked up again, and set right.
     */
    async mistrust({ workspaceId }: Place): Promise<void> {
      cache.delete(workspaceId);
      try {
        await placements.mistrust(workspaceId, MISTRUSTED_EVERY_SECONDS);
      } catch (err) {
        log.warn({ err, workspace: workspaceId }, 'a workspace whose login was refused could not be marked');
      }
    },

    /** Somebody who may no longer act as one of its logins could have set its password: it is set back. */
    async renew({ workspaceId }: Place): Promise<void> {
      const row = (await placements.mistrust(workspaceId, 0)) ?? (await placements.find(workspaceId));
      if (row) await settle(row);
    },

    /** Brings the rows to what tenancy says; */
    follow,

    /** and clusters to what their rows say. */
    sweep,
  };
}

export type Placements = ReturnType<typeof createPlacements>;
