import { openText, sealText } from '@plinth/contracts';
import type { IssuerClient } from './clients.ts';
import type { IssuerDatabase } from './database.ts';
import { openRealmIssuer, type RealmIssuer, type RealmIssuerOptions } from './realm-issuer.ts';

// The realms beside the installation's own, and the clients of all that were made later. They are rows; the issuer of one is opened when somebody
// first asks for it, and whether the realm may be used is looked up each time.

/** Each keeps its keys and a provider in memory. */
const MOST_OPEN = 100;
const REALM_NAME = /^[A-Za-z0-9_-]{1,64}$/;

export interface RealmClient {
  id: string;
  name: string;
  isConfidential: boolean;
  grants: IssuerClient['grants'];
  redirectUris: readonly string[];
  createdAt: string;
}

export interface NewRealmClient extends Omit<RealmClient, 'isConfidential' | 'createdAt'> {
  secret?: string | undefined;
}

export interface IssuerRealms {
  /** Makes it, or leaves it as it is. */
  ensure(realm: string): Promise<void>;
  /** A realm that is not enabled answers nobody, and keeps what it has. */
  setEnabled(realm: string, enabled: boolean): Promise<void>;
  /** By falling id. */
  listClients(realm: string): Promise<RealmClient[]>;
  findClient(realm: string, id: string): Promise<RealmClient | undefined>;
  /** As it signs in, with its secret. */
  issuerClient(realm: string, id: string): Promise<IssuerClient | undefined>;
  /** Makes it, or makes the one that is there like this. */
  putClient(realm: string, client: NewRealmClient): Promise<RealmClient>;
  /** False if there was none. */
  removeClient(realm: string, id: string): Promise<boolean>;
  /** Nothing for a realm that is not there or not enabled. */
  issuerOf(realm: string): Promise<RealmIssuer | undefined>;
}

type RealmsOptions = Omit<RealmIssuerOptions, 'realm' | 'findClient'>;

const COLUMNS = `id, name, grants, redirect_uris AS "redirectUris", sealed_secret IS NOT NULL AS "isConfidential",
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"`;

type ClientRow = RealmClient & Record<string, unknown>;

async function findWithSecret(
  database: IssuerDatabase,
  sealKey: Buffer,
  [realm, id]: [string, string],
): Promise<IssuerClient | undefined> {
  const [row] = await database.query<ClientRow & { sealed: Buffer | null }>(
    `SELECT ${COLUMNS}, sealed_secret AS sealed FROM issuer_client WHERE realm = $1 AND id = $2`,
    [realm, id],
  );
  if (!row) return undefined;
  const { grants, redirectUris, sealed } = row;
  const common = { id, grants, redirectUris, postLogoutRedirectUris: redirectUris };
  if (!sealed) return common;
  const secret = openText([sealKey], sealed);
  if (secret === undefined) throw new Error('the secrets of clients were encrypted under another master key');
  return { ...common, secret };
}

export function createRealms(options: RealmsOptions): IssuerRealms {
  const { database, issuerUrl } = options;
  const sealKey = options.masterSecret('issuer-clients');
  const opened = new Map<string, Promise<RealmIssuer>>();

  const issuerClient = (realm: string, id: string) => findWithSecret(database, sealKey, [realm, id]);

  function open(realm: string): Promise<RealmIssuer> {
    const opening = openRealmIssuer({
      ...options,
      realm,
      issuerUrl: `${issuerUrl.slice(0, issuerUrl.lastIndexOf('/'))}/${realm}`,
      clients: [],
      findClient: (id) => issuerClient(realm, id),
    });
    opening.catch(() => opened.delete(realm));
    return opening;
  }

  return {
    async ensure(realm) {
      await database.query('INSERT INTO issuer_realm (name) VALUES ($1) ON CONFLICT DO NOTHING', [realm]);
    },
    async setEnabled(realm, enabled) {
      await database.query('UPDATE issuer_realm SET enabled = $2 WHERE name = $1', [realm, enabled]);
    },
    listClients: (realm) =>
      database.query<ClientRow>(`SELECT ${COLUMNS} FROM issuer_client WHERE realm = $1 ORDER BY id DESC`, [
        realm,
      ]),
    async findClient(realm, id) {
      const text = `SELECT ${COLUMNS} FROM issuer_client WHERE realm = $1 AND id = $2`;
      return (await database.query<ClientRow>(text, [realm, id]))[0];
    },
    issuerClient,
    async putClient(realm, { id, name, grants, redirectUris, secret }) {
      const sealed = secret === undefined ? null : sealText(sealKey, secret);
      const [row] = await database.query<ClientRow>(
        `INSERT INTO issuer_client (realm, id, name, grants, redirect_uris, sealed_secret)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (realm, id) DO UPDATE SET name = excluded.name, grants = excluded.grants,
           redirect_uris = excluded.redirect_uris, sealed_secret = excluded.sealed_secret
         RETURNING ${COLUMNS}`,
        [realm, id, name, grants, redirectUris, sealed],
      );
      if (!row) throw new Error('insert returned no row');
      return row;
    },
    async removeClient(realm, id) {
      const text = 'DELETE FROM issuer_client WHERE realm = $1 AND id = $2 RETURNING id';
      return (await database.query(text, [realm, id])).length > 0;
    },
    async issuerOf(realm) {
      if (!REALM_NAME.test(realm)) return undefined;
      const found = await database.query('SELECT 1 FROM issuer_realm WHERE name = $1 AND enabled', [realm]);
      if (found.length === 0) return undefined;
      const issuer = opened.get(realm) ?? open(realm);
      // The last one asked for is the last one to be forgotten.
      opened.delete(realm);
      opened.set(realm, issuer);
      const [oldest] = opened.keys();
      if (opened.size > MOST_OPEN && oldest !== undefined) opened.delete(oldest);
      return issuer;
    },
  };
}
