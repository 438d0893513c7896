import { createCursorCodec, pushRevocationsInput } from '@plinth/contracts';
import {
  createClaimedMutate,
  createDatabase,
  createMutate,
  KIT_MIGRATIONS,
  migrate,
  startRelay,
  startSweeper,
} from '@plinth/database';
import { ISSUER_MIGRATIONS } from '@plinth/embedded';
import { createAttemptSecrets, createPassportMinter } from '@plinth/passport';
import { createCountedAudit, createKit, createRefusalAudit } from '@plinth/service';
import { apiKeyRepo } from './api-key/api-key.repo.ts';
import { createApiKeyService } from './api-key/api-key.service.ts';
import { createKeyCheck } from './api-key/check.ts';
import { createPepper } from './api-key/pepper.ts';
import { createLeakReports } from './api-key/report.ts';
import { createKeyUsage } from './api-key/usage.ts';
import { createAuthService } from './auth/auth.service.ts';
import { createSignInAudit } from './auth/sign-in-audit.ts';
import { bootstrap } from './bootstrap/bootstrap.ts';
import { createClientService } from './client/client.service.ts';
import type { Settings } from './env.ts';
import { createAuthzService } from './authz/authz.service.ts';
import { createMeService } from './me/me.service.ts';
import { createAccountExchange } from './passport/account-exchange.ts';
import { createEndUserExchange } from './passport/end-user-exchange.ts';
import { createKeyExchange } from './passport/key-exchange.ts';
import { createSignOut } from './me/sign-out.ts';
import { createAccountStanding, createStandingOf } from './passport/key-owner.ts';
import { createPassportService } from './passport/passport.service.ts';
import { createPrincipalService } from './principal/principal.service.ts';
import { realmRepo } from './realm/realm.repo.ts';
import { createRealms } from './realm/create-realms.ts';
import { createRevocationStream } from './revocation/redis-stream.ts';
import { revocationRepo } from './revocation/revocation.repo.ts';
import { createRevocationService } from './revocation/revocation.service.ts';
import { chooseProvider } from './provider/choose-provider.ts';
import { createRoleService } from './role/role.service.ts';
import { createAccountClientService } from './service-account/account-client.service.ts';
import { serviceAccountRepo } from './service-account/service-account.repo.ts';
import { createServiceAccountService } from './service-account/service-account.service.ts';
import { createTenancy } from './tenancy.ts';
import { createUserService } from './user/user.service.ts';

export const MIGRATIONS = [KIT_MIGRATIONS, ISSUER_MIGRATIONS, new URL('../migrations/', import.meta.url)];

export async function createDeps(settings: Settings) {
  const kit = createKit('identity', settings);
  const { log, masterKey } = kit;
  const { SIGNUPS: signups, DEFAULT_CLIENT_ID: clientId, ISSUER_URL: issuer } = settings;
  await migrate({ url: settings.DATABASE_URL, directories: MIGRATIONS, log });
  const database = createDatabase({ url: settings.DATABASE_URL, applicationName: 'identity', log });
  const provider = await chooseProvider(settings, { database, masterKey, log });
  const users = await bootstrap(provider, settings.BOOTSTRAP_FILE, log);
  const tenancy = createTenancy({
    urls: settings.TENANCY_URL,
    mintServiceToken: kit.serviceTokenMinter.mint,
  });
  const cursors = createCursorCodec(masterKey.derive('cursor'));
  const realms = createRealms({ database, tenancy, provider, issuer, cursors, masterKey, log });
  const stream =
    settings.REDIS_URL === undefined
      ? undefined
      : createRevocationStream({ url: settings.REDIS_URL, last: () => revocationRepo(database).last(), log });
  const revocations = createRevocationService({
    database,
    stream,
    onTenants: (tenantIds) => void realms.reconsider(tenantIds),
    log,
  });
  // What this service revokes itself it tells in the same way: through its outbox.
  const relay = startRelay(database, {
    kind: 'revocation',
    deliver: (payloads) => revocations.push(pushRevocationsInput.parse({ revocations: payloads })),
    log,
  });
  const recordKeys = masterKey.derive('idempotency');
  const mutate = createMutate(database, { log, keys: recordKeys, revocations: relay });
  const claimedMutate = createClaimedMutate(database, { log, keys: recordKeys, revocations: relay });
  const accountClients = createAccountClientService({
    database,
    mutate,
    claimedMutate,
    clients: provider.accountClients,
    secretOf: createAttemptSecrets(masterKey.derive('account-client-secrets')),
    log,
  });
  async function sweepOwn(): Promise<number> {
    await realms.sweep();
    await accountClients.sweep();
    return (await revocations.sweep()) + (await apiKeyRepo(database).sweep());
  }
  const sweeper = startSweeper(database, { log, sweepOwn });
  const refusals = createRefusalAudit(database, log);
  const failures = createCountedAudit(database, log);
  const principals = createPrincipalService({ database });
  const audit = createSignInAudit({ database, principals, failures });
  const minter = createPassportMinter(kit.signer);
  const pepper = createPepper(masterKey);
  const stage = settings.API_KEY_STAGE;
  const keys = createKeyCheck({ database, pepper, stage, failures, log });
  const usage = createKeyUsage({ database, log });
  const accounts = serviceAccountRepo(database);
  const standingOfAccount = createAccountStanding(tenancy);
  const standingOf = createStandingOf({ tenancy, accountOf: accounts.find, standingOfAccount });

  return {
    ...kit,
    provider,
    usage,
    onRefusal: refusals.record,
    checks: [
      { name: 'postgres', backend: 'postgres', check: () => database.ping() },
      // Without these callers that have a passport go on, so none of them takes this process out of service.
      { name: 'identityProvider', backend: provider.backend, check: provider.check, optional: true },
      { name: 'bootstrapUsers', backend: provider.backend, check: users.check, optional: true },
      { name: 'tenancy', backend: 'tenancy', check: tenancy.check, optional: true },
      // Without it gateways hear of a revocation when they ask.
      ...(stream ? [{ name: 'redis', backend: 'redis', check: stream.check, optional: true }] : []),
    ],
    services: {
      apiKeys: createApiKeyService({ database, mutate, cursors, tenancy, pepper, stage }),
      leaks: createLeakReports({ database, mutate, pepper }),
      auth: createAuthService({
        provider,
        audit,
        clientId,
        issuer,
        signups,
        knownAccount: accounts.known,
      }),
      authz: createAuthzService({ database, tenancy, standingOf, standingOfAccount }),
      me: createMeService({ database, tenancy }),
      passports: createPassportService({
        principals,
        tenancy,
        revocations,
        minter,
        exchangeEndUser: createEndUserExchange({
          realmOf: realmRepo(database).read,
          tenancy,
          revocations,
          minter,
        }),
        exchangeAccount: createAccountExchange({
          knownAccount: accounts.known,
          standing: standingOfAccount,
          revocations,
          failures,
          usage,
          minter,
        }),
        exchangeKey: createKeyExchange({ keys, usage, standingOf, minter }),
        signupsAreOpen: signups === 'open',
      }),
      revocations,
      realms,
      clients: createClientService({
        realms,
        mutate: claimedMutate,
        cursors,
        secretOf: createAttemptSecrets(masterKey.derive('client-secrets')),
      }),
      accountClients,
      serviceAccounts: createServiceAccountService({
        database,
        mutate,
        cursors,
        tenancy,
        clients: accountClients,
      }),
      signOut: createSignOut({ database, provider, mutate: claimedMutate }),
      roles: createRoleService({ realms, mutate: claimedMutate, cursors }),
      users: createUserService({ realms, mutate: claimedMutate, cursors }),
    },
    async close() {
      users.stop();
      sweeper.stop();
      await usage.close();
      await relay.stop();
      await refusals.close();
      await failures.close();
      await provider.close();
      await tenancy.close();
      stream?.close();
      await database.close();
      await kit.tracing.close();
    },
  };
}

export type Deps = Awaited<ReturnType<typeof createDeps>>;
