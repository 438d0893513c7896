import { AppError, type Call, type CursorCodec, type Page, Secret } from '@plinth/contracts';
import { type ClaimedMutate, type Database, type Effect, readPage } from '@plinth/database';
import type { Clusters } from '../cluster/clusters.ts';
import { loginName, type Place } from '../placement/place.ts';
import type { Placements } from '../placement/placement.service.ts';
import { type CredentialRow, credentialRepo } from './credential.repo.ts';
import type { CreateCredential, Credential, CredentialById, ListCredentials } from './credential.schema.ts';
import { dropLogin, endLogin, putLogin } from './direct-login.ts';

// Direct logins are for servers that hold one operator's data, or one customer's. On a shared one they would read the names of
// everybody else's tables, whatever is revoked: there the API is the only way in.

const MOST = 20;

interface CredentialDeps {
  database: Database;
  clusters: Clusters;
  placements: Pick<Placements, 'placeOf' | 'renew'>;
  mutate: ClaimedMutate;
  cursors: CursorCodec;
  /** The password of an attempt: a retry after a crash makes the same one. */
  passwordOf(attemptId: string): string;
}

type WithSecret = Credential & { password: Secret; url: Secret };

const notFound = (id: string) =>
  new AppError('CREDENTIAL_NOT_FOUND', { message: `Database credential ${id} not found` });

export function createCredentialService(deps: CredentialDeps) {
  const { database, clusters, placements, mutate, cursors, passwordOf } = deps;
  const credentials = credentialRepo(database);

  function settingOf(place: Place) {
    return clusters.named(place.cluster).setting;
  }

  /** Where a login may be made. */
  async function openPlace({ caller }: Call): Promise<Place> {
    const place = await placements.placeOf(caller);
    if (place.mode === 'dedicated' || settingOf(place).sqlCredentials) return place;
    throw new AppError('CAPABILITY_UNAVAILABLE', {
      message:
        'The data of this workspace lies on a server that others share, where nobody connects directly; use the API, or have it moved to a server of its own',
      details: { capability: 'sqlCredentials', placement: place.mode },
    });
  }

  function shown(row: CredentialRow, place: Place): Credential {
    const { hostname: host, port } = new URL(settingOf(place).adminUrl);
    return {
      ...row,
      host,
      port: Number(port || 5432),
      database: place.database,
      schema: place.schema,
    };
  }

  function withSecret(row: CredentialRow, place: Place, password: string): WithSecret {
    const made = shown(row, place);
    const { username, host, port } = made;
    const url = `postgres://${username}:${password}@${host}:${port}/${encodeURIComponent(made.database)}`;
    return { ...made, password: new Secret(password), url: new Secret(url) };
  }

  const told = (
    type: string,
    place: Place,
    { id, name, access }: Pick<CredentialRow, 'id' | 'name' | 'access'>,
  ) => {
    const { tenantId, workspaceId } = place;
    const subject = { kind: 'credential', id };
    return {
      audit: { target: subject, tenantId, workspaceId, changes: { name, access } },
      event: { type: `credential.${type}`, subject, tenantId, workspaceId, data: { id, name, access } },
    };
  };

  const adminOf = (place: Place) => clusters.named(place.cluster).admin;

  /** Who acted as the owner could give it a password, and come in by that when this login is gone. */
  async function shutOwner(place: Place, access: CredentialRow['access']): Promise<void> {
    if (access !== 'schema') return;
    await placements.renew(place);
    await endLogin(adminOf(place), loginName(place, 'owner'));
  }

  async function found({ workspaceId, credentialId }: CredentialById): Promise<CredentialRow> {
    const row = await credentials.find(workspaceId, credentialId);
    if (!row) throw notFound(credentialId);
    return row;
  }

  return {
    create(call: Call, { workspaceId, name, access }: CreateCredential) {
      return mutate(call, {
        async act({ id: attemptId }) {
          const place = await openPlace(call);
          if ((await credentials.count(workspaceId)) >= MOST) {
            throw new AppError('QUOTA_EXCEEDED', {
              message: `The workspace has its ${MOST} credentials`,
              details: { quota: 'credentials', limit: MOST },
            });
          }
          const username = `${place.schema}_c${attemptId.toLowerCase()}`;
          const password = passwordOf(attemptId);
          await putLogin(adminOf(place), place, { username, access, password });
          return { place, id: `crd_${attemptId}`, username, password };
        },
        async complete(tx, { place, id, username, password }): Promise<Effect<WithSecret>> {
          const { organizationId } = place;
          const createdBy = call.caller.id;
          const made = { id, organizationId, name, access, username, createdBy };
          const row = await credentialRepo(tx).insert(workspaceId, made);
          if (!row) throw notFound(id);
          return { result: withSecret(row, place, password), ...told('created', place, row) };
        },
      });
    },

    async list(call: Call, { workspaceId, cursor, limit }: ListCredentials): Promise<Page<Credential>> {
      const place = await placements.placeOf(call.caller);
      const page = await readPage(
        cursors,
        { query: ['credential.list', workspaceId], cursor, limit },
        (slice) => credentials.list(workspaceId, slice),
      );
      return { ...page, data: page.data.map((row) => shown(row, place)) };
    },

    async get(call: Call, asked: CredentialById): Promise<Credential> {
      return shown(await found(asked), await placements.placeOf(call.caller));
    },

    rotate(call: Call, asked: CredentialById) {
      return mutate(call, {
        async act({ id: attemptId }) {
          const { username, access } = await found(asked);
          const place = await openPlace(call);
          const password = passwordOf(attemptId);
          await putLogin(adminOf(place), place, { username, access, password });
          await endLogin(adminOf(place), username);
          await shutOwner(place, access);
          return { place, password };
        },
        async complete(tx, { place, password }): Promise<Effect<WithSecret>> {
          const row = await credentialRepo(tx).markRotated(asked.workspaceId, asked.credentialId);
          if (!row) throw notFound(asked.credentialId);
          return { result: withSecret(row, place, password), ...told('rotated', place, row) };
        },
      });
    },

    remove(call: Call, asked: CredentialById) {
      return mutate(call, {
        async act() {
          const row = await found(asked);
          const place = await placements.placeOf(call.caller);
          await dropLogin(adminOf(place), place, row.username);
          await shutOwner(place, row.access);
          return { place, row };
        },
        async complete(tx, { place, row }): Promise<Effect<{ id: string; deleted: true }>> {
          await credentialRepo(tx).remove(asked.workspaceId, asked.credentialId);
          return { result: { id: row.id, deleted: true }, ...told('deleted', place, row) };
        },
      });
    },
  };
}

export type CredentialService = ReturnType<typeof createCredentialService>;
