import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import { withinDeadline } from '../provider/deadline.ts';
import { unavailable } from '../provider/oauth-errors.ts';
import type { RealmAdmin, RealmRef } from '../provider/realm-admin.ts';
import { type RealmRow, realmRepo } from './realm.repo.ts';

// Makes the provider agree with the row of a realm: makes the realm, disables it, brings it back. One at a time does so,
// under a lock that runs out by itself; the others wait for what comes of it. A caller is not kept longer than a few
// seconds: what was begun goes on, and the next one finds it done.

const PATIENCE_MS = 4_000;
const LOCK_SECONDS = 30;
const LOOK_AGAIN_MS = 150;

interface SettleDeps {
  database: Database;
  /** The realm at its provider. */
  at(row: RealmRow): { admin: RealmAdmin; ref: RealmRef };
  log: Log;
}

export type Settle = (row: RealmRow) => Promise<RealmRow>;

const isSettled = ({ enabled, enabledAtProvider, isUncertain }: RealmRow): boolean =>
  enabled === enabledAtProvider && !isUncertain;
const notReady = (id: string) => unavailable(new Error(`the realm ${id} is not ready`));

export function createSettle({ database, at, log }: SettleDeps): Settle {
  const realms = realmRepo(database);
  const running = new Map<string, Promise<void>>();

  async function tellProvider(row: RealmRow): Promise<void> {
    const { id, enabled, enabledAtProvider } = row;
    try {
      const { admin, ref } = at(row);
      if (enabledAtProvider === null) await admin.ensureRealm(ref);
      await admin.setEnabled(ref, enabled);
      await realms.letGo(id, enabled);
    } catch (err) {
      log.warn({ err, realm: id }, 'the identity provider did not take a realm');
      await realms.giveUp(id);
      throw err;
    }
  }

  async function run(id: string): Promise<void> {
    const row = await realms.takeLock(id, LOCK_SECONDS);
    if (row) await tellProvider(row);
  }

  function runOnce(id: string): Promise<void> {
    const known = running.get(id);
    if (known) return known;
    const promise = run(id).finally(() => running.delete(id));
    running.set(id, promise);
    return promise;
  }

  return async (row) => {
    const deadline = Date.now() + PATIENCE_MS;
    let now = row;
    while (!isSettled(now)) {
      const left = deadline - Date.now();
      if (left <= 0) throw notReady(row.id);
      await withinDeadline(runOnce(row.id), left);
      const next = await realms.read(row.id);
      if (!next) throw notReady(row.id);
      now = next;
      if (!isSettled(now)) await sleep(LOOK_AGAIN_MS);
    }
    return now;
  };
}
