import { createCursorCodec } from '@plinth/contracts';
import { createDatabase, createMutate, KIT_MIGRATIONS, migrate, startSweeper } from '@plinth/database';
import { createKit, createRefusalAudit } from '@plinth/service';
import type { Settings } from './env.ts';
import { createPlacementService } from './placement/placement.service.ts';

export const MIGRATIONS = [KIT_MIGRATIONS, new URL('../migrations/', import.meta.url)];

export async function createDeps(settings: Settings) {
  const kit = createKit('postgres', settings);
  const { log } = kit;
  await migrate({ url: settings.DATABASE_URL, directories: MIGRATIONS, log });
  const database = createDatabase({ url: settings.DATABASE_URL, applicationName: 'postgres', log });
  const mutate = createMutate(database, { log, keys: kit.masterKey.derive('idempotency') });
  const cursors = createCursorCodec(kit.masterKey.derive('cursor'));
  const sweeper = startSweeper(database, { log });
  const refusals = createRefusalAudit(database, log);

  return {
    ...kit,
    onRefusal: refusals.record,
    checks: [{ name: 'postgres', backend: 'postgres', check: () => database.ping() }],
    services: {
      placements: createPlacementService({ database, mutate, cursors }),
    },
    async close() {
      sweeper.stop();
      await refusals.close();
      await database.close();
      await kit.tracing.close();
    },
  };
}

export type Deps = Awaited<ReturnType<typeof createDeps>>;
