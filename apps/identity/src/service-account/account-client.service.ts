import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Call, type Log, newUlid, Secret } from '@plinth/contracts';
import {
  checkIfMatch,
  type ClaimedMutate,
  type Database,
  type Mutate,
  organizationOf,
  type Queryable,
} from '@plinth/database';
import { apiKeyRepo } from '../api-key/api-key.repo.ts';
import { checkCeiling } from '../api-key/ceiling.ts';
import { heldBy, strengthOf } from '../api-key/held.ts';
import type { AccountClients } from '../provider/account-clients.ts';
import { accountClientRepo } from './account-client.repo.ts';
import { aliveAccount } from './known-account.ts';
import { type ServiceAccountRow, serviceAccountRepo } from './service-account.repo.ts';
import type { ChangeServiceAccount, ServiceAccount } from './service-account.schema.ts';
import { changeOfAccount } from './told.ts';

// The OAuth client of a service account, by which it signs in for tokens of its own. Whether it has one is said by its row, and
// that alone opens or closes: the provider is told of a new secret before the row is, and of an end after it. What it could
// not be told, or not for sure, is seen in the row and settled later.

const SETTLED_AT_ONCE = 100;
const PATIENCE_MS = 2_000;
const LOOK_AGAIN_MS = 100;

interface AccountClientDeps {
  database: Database;
  mutate: Mutate;
  claimedMutate: ClaimedMutate;
  clients: AccountClients;
  /** The secret of an attempt. */
  secretOf(attemptId: string): string;
  log: Log;
}

interface Wanted {
  input: ChangeServiceAccount;
  /** Throws, where the account is in no state for it. */
  check(row: ServiceAccountRow): ServiceAccountRow;
}

type Made = { clientSecret: Secret };

const withoutClient = (id: string) =>
  new AppError('CLIENT_NOT_FOUND', { message: `Service account ${id} has no OAuth client` });

const busy = () =>
  new AppError('CONFLICT', { message: 'The OAuth client is being changed just now; try again' });

function withClient(row: ServiceAccountRow): ServiceAccountRow {
  if (row.clientId === null) throw withoutClient(row.id);
  return row;
}

function withoutOne(row: ServiceAccountRow): ServiceAccountRow {
  if (row.clientId === null) return row;
  throw new AppError('CONFLICT', {
    message: 'The service account has its OAuth client; rotate the secret, or delete it first',
  });
}

export function createAccountClientService(deps: AccountClientDeps) {
  const { database, mutate, claimedMutate, clients, secretOf, log } = deps;

  /** Whoever sees the secret can act as the account, so nobody makes one for an account that is stronger than themselves. */
  async function tryToBegin(tx: Queryable, call: Call, attempt: string, wanted: Wanted) {
    const { serviceAccountId: id, ifMatch } = wanted.input;
    const row = wanted.check(aliveAccount(await serviceAccountRepo(tx).lock(organizationOf(call), id), id));
    checkIfMatch(ifMatch, row.version);
    checkCeiling(strengthOf(row), await heldBy(call, apiKeyRepo(tx)));
    return (await accountClientRepo(tx).take(id, attempt)) ? row : undefined;
  }

  /** Somebody may just be taking the former client from the provider: that is over in a moment. */
  async function begin(call: Call, attempt: string, wanted: Wanted): Promise<ServiceAccountRow> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const begun = await database.transaction((tx) => tryToBegin(tx, call, attempt, wanted), {
        retry: true,
      });
      if (begun) return begun;
      if (Date.now() > deadline) throw busy();
      await sleep(LOOK_AGAIN_MS);
    }
  }

  const putNew = (type: string, call: Call, wanted: Wanted) =>
    claimedMutate(call, {
      async act({ id: attempt }) {
        const { id, name } = await begin(call, attempt, wanted);
        const secret = secretOf(attempt);
        await clients.put({ id, name, secret });
        return { id, attempt, secret };
      },
      async complete(tx, { id, attempt, secret }) {
        const organizationId = organizationOf(call);
        const before = aliveAccount(await serviceAccountRepo(tx).lock(organizationId, id), id);
        const after = await accountClientRepo(tx).put(organizationId, id, attempt);
        // Somebody has removed it meanwhile. What the provider has of it is settled by them.
        if (!after) throw withoutClient(id);
        const change = changeOfAccount(type, before, after);
        const result: ServiceAccount & Made = { ...change.result, clientSecret: new Secret(secret) };
        return { ...change, result };
      },
    });

  async function settle(id: string): Promise<void> {
    const attempt = newUlid();
    const row = await accountClientRepo(database).takeUnsettled(id, attempt);
    if (!row) return;
    if (!row.isWanted) await clients.remove(id);
    await accountClientRepo(database).settle(id, attempt);
  }

  /** Nobody waits for it; where it fails now, the sweeper tries again. */
  async function settleLater(id: string): Promise<void> {
    try {
      await settle(id);
    } catch (err) {
      log.warn({ err, serviceAccount: id }, 'the identity provider may still have the client of a program');
    }
  }

  return {
    create: (call: Call, input: ChangeServiceAccount) =>
      putNew('serviceAccount.clientCreated', call, { input, check: withoutOne }),

    /** The secret of before signs in nobody from then on; the tokens that it got live out their minutes. */
    rotateSecret: (call: Call, input: ChangeServiceAccount) =>
      putNew('serviceAccount.clientSecretRotated', call, { input, check: withClient }),

    async remove(
      call: Call,
      { serviceAccountId: id, ifMatch }: ChangeServiceAccount,
    ): Promise<ServiceAccount> {
      const organizationId = organizationOf(call);
      const answer = await mutate(call, async (tx) => {
        const accounts = serviceAccountRepo(tx);
        const before = withClient(aliveAccount(await accounts.lock(organizationId, id), id));
        checkIfMatch(ifMatch, before.version);
        const after = aliveAccount(await accounts.forgetClient(organizationId, id), id);
        // Its keys go on; its tokens would be good again with the next client.
        const revokes = [`principal:${id}` as const];
        return { ...changeOfAccount('serviceAccount.clientDeleted', before, after), revokes };
      });
      void settleLater(id);
      return answer;
    },

    settleLater,

    async sweep(): Promise<void> {
      for (const id of await accountClientRepo(database).unsettled(SETTLED_AT_ONCE)) await settleLater(id);
    },
  };
}

export type AccountClientService = ReturnType<typeof createAccountClientService>;
