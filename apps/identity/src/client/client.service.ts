import {
  AppError,
  type AuditEntry,
  type Call,
  type CursorCodec,
  type Page,
  Secret,
  validationError,
} from '@plinth/contracts';
import { type ClaimedMutate, type Effect, readPage } from '@plinth/database';
import type { RealmAdmin, RealmClient } from '../provider/realm-admin.ts';
import type { RealmRow } from '../realm/realm.repo.ts';
import type { RealmService } from '../realm/realm.service.ts';
import { useProblem } from './client-use.ts';
import type { Client, ClientById, CreateClient, ListClients, UpdateClient } from './client.schema.ts';

// Clients are at the provider alone: what is listed is what it has. Id and secret of a new one follow from the id of the
// attempt, so a retry after a crash makes the same client with the same secret.

/** So that they can be read all at once; a list of them is in the order of their ids. */
const CLIENTS_PER_REALM = 200;

interface ClientDeps {
  realms: Pick<RealmService, 'open'>;
  mutate: ClaimedMutate;
  cursors: CursorCodec;
  /** The secret of an attempt. */
  secretOf(attemptId: string): string;
}

type WithSecret = Client & { clientSecret: Secret | null };

const notFound = (id: string) => new AppError('CLIENT_NOT_FOUND', { message: `Client ${id} not found` });

function found(client: RealmClient | undefined, id: string): RealmClient {
  if (!client) throw notFound(id);
  return client;
}

const shown = ({ id: realmId }: RealmRow, client: RealmClient): Client => ({
  ...client,
  realmId,
  redirectUris: [...client.redirectUris].sort(),
});

function checkUse(before: RealmClient, changes: Omit<UpdateClient, 'realmId' | 'clientId'>): void {
  const problem = useProblem({
    type: before.type,
    redirectUris: changes.redirectUris ?? before.redirectUris,
    clientCredentials: changes.clientCredentials ?? before.clientCredentials,
  });
  if (problem) throw validationError([problem]);
}

/** What is told of a change of one client. */
function told(
  type: string,
  { tenantId }: RealmRow,
  client: Pick<Client, 'id'>,
  changes: AuditEntry['changes'],
) {
  const subject = { kind: 'client', id: client.id };
  return {
    audit: { target: subject, tenantId, ...(changes && { changes }) },
    event: { type, subject, tenantId, data: { ...client } },
  };
}

async function checkQuota(admin: RealmAdmin, ref: Parameters<RealmAdmin['listClients']>[0], id: string) {
  const clients = await admin.listClients(ref);
  if (clients.length < CLIENTS_PER_REALM || clients.some((client) => client.id === id)) return;
  throw new AppError('QUOTA_EXCEEDED', {
    message: `The realm has its ${CLIENTS_PER_REALM} clients`,
    details: { quota: 'clients', limit: CLIENTS_PER_REALM },
  });
}

export function createClientService({ realms, mutate, cursors, secretOf }: ClientDeps) {
  return {
    async create(call: Call, { realmId, ...input }: CreateClient) {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        async act({ id: attemptId }) {
          const id = `cli_${attemptId}`;
          const secret = input.type === 'confidential' ? secretOf(attemptId) : undefined;
          await checkQuota(admin, ref, id);
          return { client: await admin.putClient(ref, { ...input, id, secret }), secret };
        },
        async complete(_tx, { client, secret }): Promise<Effect<WithSecret>> {
          const made = shown(realm, client);
          const clientSecret = secret === undefined ? null : new Secret(secret);
          return { result: { ...made, clientSecret }, ...told('client.created', realm, made, { ...made }) };
        },
      });
    },

    async list(call: Call, { realmId, cursor, limit }: ListClients): Promise<Page<Client>> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'read');
      const page = await readPage(
        cursors,
        { query: ['client.list', realmId], cursor, limit },
        async (slice) => {
          const all = await admin.listClients(ref);
          const { beforeId } = slice;
          return all.filter(({ id }) => beforeId === undefined || id < beforeId).slice(0, slice.limit);
        },
      );
      return { ...page, data: page.data.map((one) => shown(realm, one)) };
    },

    async get(call: Call, { realmId, clientId }: ClientById): Promise<Client> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'read');
      return shown(realm, found(await admin.findClient(ref, clientId), clientId));
    },

    async update(call: Call, { realmId, clientId, ...changes }: UpdateClient): Promise<Client> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        async act() {
          checkUse(found(await admin.findClient(ref, clientId), clientId), changes);
          return found(await admin.updateClient(ref, clientId, changes), clientId);
        },
        async complete(_tx, client) {
          const after = shown(realm, client);
          return { result: after, ...told('client.updated', realm, after, changes) };
        },
      });
    },

    /** The secret of before opens nothing from then on. */
    async rotateSecret(call: Call, { realmId, clientId }: ClientById) {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        async act({ id: attemptId }) {
          const before = found(await admin.findClient(ref, clientId), clientId);
          if (before.type === 'public') {
            throw new AppError('BUSINESS_RULE_VIOLATED', { message: 'A public client has no secret' });
          }
          const secret = secretOf(attemptId);
          return { client: found(await admin.setClientSecret(ref, clientId, secret), clientId), secret };
        },
        async complete(_tx, { client, secret }): Promise<Effect<WithSecret>> {
          const after = shown(realm, client);
          const result = { ...after, clientSecret: new Secret(secret) };
          return { result, ...told('client.secretRotated', realm, after, undefined) };
        },
      });
    },

    async remove(call: Call, { realmId, clientId }: ClientById): Promise<{ id: string; deleted: true }> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        async act({ number }) {
          const wasThere = await admin.removeClient(ref, clientId);
          // An earlier attempt may have removed it.
          if (!wasThere && number === 1) throw notFound(clientId);
        },
        complete: async () => ({
          result: { id: clientId, deleted: true as const },
          ...told('client.deleted', realm, { id: clientId }, undefined),
        }),
      });
    },
  };
}

export type ClientService = ReturnType<typeof createClientService>;
