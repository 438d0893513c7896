import KeycloakAdminClient, { NetworkError } from '@keycloak/keycloak-admin-client';
import type ClientRepresentation from '@keycloak/keycloak-admin-client/lib/defs/clientRepresentation.js';
import { AppError } from '@plinth/contracts';
import { withinDeadline } from './deadline.ts';
import { changed, fromRepresentation, toRepresentation } from './keycloak-client.ts';
import { ADMIN_CLIENT, createRealmRepresentation } from './keycloak-realm.ts';
import { unavailable } from './oauth-errors.ts';
import { providerTokensSchema } from './provider.ts';
import type { RealmAdmin, RealmClient, RealmRef } from './realm-admin.ts';

// Realms of tenants at a Keycloak. One credential, of the realm `master`, can make realms and do nothing else; whatever is
// done in a realm is done by that realm's own administrator, who is nobody in any other.

const DEADLINE_MS = 4_000;
/** On a busy machine Keycloak takes seconds to make a realm. Nobody waits for all of them. */
const MAKING_MS = 25_000;
const MASTER = 'master';
const MOST_CLIENTS = 1_000;
/** Ours; Keycloak's own have other names. */
const isOurs = ({ clientId = '' }: ClientRepresentation): boolean => clientId.startsWith('cli_');

interface KeycloakRealmsOptions {
  /** Keycloak's base URL, as this machine reaches it. */
  baseUrl: string;
  /** The client of `master` that may make realms. */
  maker: { clientId: string; clientSecret: string };
}

interface Credential {
  realm: string;
  clientId: string;
  clientSecret: string;
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof NetworkError ? error.response.status : undefined;

export function createKeycloakRealms({ baseUrl, maker }: KeycloakRealmsOptions): RealmAdmin {
  const representationOf = createRealmRepresentation();

  async function tokenOf({ realm, clientId, clientSecret }: Credential): Promise<string> {
    const response = await fetch(`${baseUrl}/realms/${realm}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (!response.ok) throw new Error(`Keycloak answered ${response.status} to ${clientId} of ${realm}`);
    return providerTokensSchema.parse(await response.json()).access_token;
  }

  async function connect(credential: Credential, timeout: number): Promise<KeycloakAdminClient> {
    const client = new KeycloakAdminClient({ baseUrl, realmName: credential.realm, timeout });
    client.setAccessToken(await tokenOf(credential));
    return client;
  }

  /** Whatever Keycloak says stays in the log. */
  async function asUnavailable<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof AppError ? error : unavailable(error);
    }
  }

  function within<T>(
    { name, secret }: RealmRef,
    work: (client: KeycloakAdminClient) => Promise<T>,
  ): Promise<T> {
    const run = async () =>
      work(await connect({ realm: name, clientId: ADMIN_CLIENT, clientSecret: secret }, DEADLINE_MS));
    return asUnavailable(withinDeadline(run(), DEADLINE_MS));
  }

  async function find(
    client: KeycloakAdminClient,
    clientId: string,
  ): Promise<ClientRepresentation | undefined> {
    const [known] = await client.clients.find({ clientId });
    return known && isOurs(known) ? known : undefined;
  }

  const save = (client: KeycloakAdminClient, known: ClientRepresentation): Promise<void> =>
    client.clients.update({ id: known.id ?? '' }, known);

  async function change(
    ref: RealmRef,
    id: string,
    changeOf: (known: ClientRepresentation) => ClientRepresentation,
  ): Promise<RealmClient | undefined> {
    return within(ref, async (client) => {
      const known = await find(client, id);
      if (!known) return undefined;
      const next = changeOf(known);
      await save(client, next);
      return fromRepresentation(next);
    });
  }

  return {
    backend: 'keycloak',

    ensureRealm(ref) {
      const make = async () => {
        const client = await connect({ realm: MASTER, ...maker }, MAKING_MS);
        try {
          await client.realms.create(representationOf(ref));
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
        }
      };
      return asUnavailable(make());
    },

    // A realm that Keycloak has disabled lets its administrator in no more, so its clients are, and the sessions end.
    setEnabled: (ref, enabled) =>
      within(ref, async (client) => {
        const all = await client.clients.find({ max: MOST_CLIENTS });
        for (const one of all.filter((known) => isOurs(known) && known.enabled !== enabled)) {
          await save(client, { ...one, enabled });
        }
        if (!enabled) await client.realms.logoutAll({ realm: ref.name });
      }),

    listClients: (ref) =>
      within(ref, async (client) => {
        const all = await client.clients.find({ max: MOST_CLIENTS });
        return all
          .filter(isOurs)
          .map(fromRepresentation)
          .sort((a, b) => (a.id < b.id ? 1 : -1));
      }),

    findClient: (ref, id) =>
      within(ref, async (client) => {
        const known = await find(client, id);
        return known && fromRepresentation(known);
      }),

    putClient: (ref, wanted) =>
      within(ref, async (client) => {
        const next = toRepresentation(wanted);
        try {
          await client.clients.create(next);
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
          const known = await find(client, wanted.id);
          await save(client, { ...next, id: known?.id ?? '' });
        }
        return fromRepresentation(next);
      }),

    updateClient: (ref, id, changes) => change(ref, id, (known) => changed(known, changes)),
    setClientSecret: (ref, id, secret) => change(ref, id, (known) => ({ ...known, secret })),

    removeClient: (ref, id) =>
      within(ref, async (client) => {
        const known = await find(client, id);
        if (known?.id === undefined) return false;
        await client.clients.del({ id: known.id });
        return true;
      }),

    listRoles: (ref) =>
      within(ref, async (client) => {
        const builtIn = new Set([
          'offline_access',
          'uma_authorization',
          `default-roles-${ref.name.toLowerCase()}`,
        ]);
        const roles = (await client.roles.find()).map(({ name = '', description = '' }) => ({
          name,
          description,
        }));
        return roles.filter(({ name }) => !builtIn.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
      }),
  };
}
