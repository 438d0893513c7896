import type KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import type ClientRepresentation from '@keycloak/keycloak-admin-client/lib/defs/clientRepresentation.js';
import { changed, fromRepresentation, toRepresentation } from './keycloak-client.ts';
import { statusOf, type Within } from './keycloak-connection.ts';
import type { RealmAdmin, RealmClient, RealmRef } from './realm-admin.ts';

const MOST_CLIENTS = 1_000;
type IsOurs = (client: ClientRepresentation) => boolean;

/** Keycloak's own have other names. */
const isOurs: IsOurs = ({ clientId = '' }) => clientId.startsWith('cli_');

async function find(
  client: KeycloakAdminClient,
  clientId: string,
  isOne: IsOurs = isOurs,
): Promise<ClientRepresentation | undefined> {
  const [known] = await client.clients.find({ clientId });
  return known && isOne(known) ? known : undefined;
}

const findAll = async (client: KeycloakAdminClient): Promise<ClientRepresentation[]> =>
  (await client.clients.find({ max: MOST_CLIENTS })).filter(isOurs);

const save = (client: KeycloakAdminClient, known: ClientRepresentation): Promise<void> =>
  client.clients.update({ id: known.id ?? '' }, known);

/** Makes it; the one that is there already becomes like this. */
export async function putClient(
  client: KeycloakAdminClient,
  next: ClientRepresentation,
  isOne: IsOurs = isOurs,
): Promise<void> {
  try {
    await client.clients.create(next);
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    const known = await find(client, next.clientId ?? '', isOne);
    await save(client, { ...next, id: known?.id ?? '' });
  }
}

/** False where there was none. */
export async function removeClient(
  client: KeycloakAdminClient,
  id: string,
  isOne: IsOurs = isOurs,
): Promise<boolean> {
  const known = await find(client, id, isOne);
  if (known?.id === undefined) return false;
  await client.clients.del({ id: known.id });
  return true;
}

type ClientAdmin = Pick<
  RealmAdmin,
  | 'setEnabled'
  | 'listClients'
  | 'findClient'
  | 'putClient'
  | 'updateClient'
  | 'setClientSecret'
  | 'removeClient'
>;

export function createClientAdmin(within: Within): ClientAdmin {
  function change(
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
    // A realm that Keycloak has disabled lets its administrator in no more, so its clients are, and the sessions end.
    setEnabled: (ref, enabled) =>
      within(ref, async (client) => {
        const others = (await findAll(client)).filter((known) => known.enabled !== enabled);
        for (const one of others) await save(client, { ...one, enabled });
        if (!enabled) await client.realms.logoutAll({ realm: ref.name });
      }),

    listClients: (ref) =>
      within(ref, async (client) => {
        const all = (await findAll(client)).map(fromRepresentation);
        return all.sort((a, b) => (a.id < b.id ? 1 : -1));
      }),

    findClient: (ref, id) =>
      within(ref, async (client) => {
        const known = await find(client, id);
        return known && fromRepresentation(known);
      }),

    putClient: (ref, wanted) =>
      within(ref, async (client) => {
        const next = toRepresentation(wanted);
        await putClient(client, next);
        return fromRepresentation(next);
      }),

    updateClient: (ref, id, changes) => change(ref, id, (known) => changed(known, changes)),
    setClientSecret: (ref, id, secret) => change(ref, id, (known) => ({ ...known, secret })),

    removeClient: (ref, id) => within(ref, (client) => removeClient(client, id)),
  };
}
