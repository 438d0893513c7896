import { createCursorCodec } from '@plinth/contracts';
import {
  createDatabase,
  createMutate,
  KIT_MIGRATIONS,
  migrate,
  startRelay,
  startSweeper,
} from '@plinth/database';
import { createKit, createRefusalAudit } from '@plinth/service';
import { createAccessService } from './access/access.service.ts';
import { bootstrap } from './bootstrap/bootstrap.ts';
import type { Settings } from './env.ts';
import { createIdentity } from './identity.ts';
import { createOrganizationService } from './organization/organization.service.ts';
import { createTenantService } from './tenant/tenant.service.ts';
import { createWorkspaceService } from './workspace/workspace.service.ts';
import { createWorkspaceStateService } from './workspace-state/workspace-state.service.ts';

export const MIGRATIONS = [KIT_MIGRATIONS, new URL('../migrations/', import.meta.url)];

export async function createDeps(settings: Settings) {
  const kit = createKit('tenancy', settings);
  const { log } = kit;
  await migrate({ url: settings.DATABASE_URL, directories: MIGRATIONS, log });
  const database = createDatabase({ url: settings.DATABASE_URL, applicationName: 'tenancy', log });
  await bootstrap(database, settings.BOOTSTRAP_FILE, log);
  const identity = createIdentity({
    urls: settings.IDENTITY_URL,
    mintServiceToken: kit.serviceTokenMinter.mint,
  });
  const revocations = startRelay(database, { kind: 'revocation', deliver: identity.revoke, log });
  const mutate = createMutate(database, {
    log,
    keys: kit.masterKey.derive('idempotency'),
    revocations,
  });
  const cursors = createCursorCodec(kit.masterKey.derive('cursor'));
  const workspaceStates = createWorkspaceStateService({ database });
  const sweeper = startSweeper(database, { log, sweepOwn: workspaceStates.purgeExpired });
  const refusals = createRefusalAudit(database, log);

  return {
    ...kit,
    onRefusal: refusals.record,
    checks: [{ name: 'postgres', backend: 'postgres', check: () => database.ping() }],
    services: {
      organizations: createOrganizationService({
        database,
        mutate,
        cursors,
        signupsAreOpen: settings.SIGNUPS === 'open',
      }),
      tenants: createTenantService({ database, mutate, cursors }),
      workspaces: createWorkspaceService({ database, mutate, cursors }),
      access: createAccessService({ database }),
      workspaceStates,
    },
    async close() {
      sweeper.stop();
      await refusals.close();
      await revocations.stop();
      await identity.close();
      await database.close();
      await kit.tracing.close();
    },
  };
}

export type Deps = Awaited<ReturnType<typeof createDeps>>;
